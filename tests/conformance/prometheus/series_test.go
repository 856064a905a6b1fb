package conformance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/teststorage"
)

// A series with its samples, times in milliseconds.
type series struct {
	Labels map[string]string `json:"labels"`
	Times  []int64           `json:"times"`
	Values []string          `json:"values"`
	values []float64
}

const scrape = 15_000

func (s *series) add(at int64, v float64) {
	s.Times = append(s.Times, at)
	s.Values = append(s.Values, number(v))
	s.values = append(s.values, v)
}

// The times at which a target is scraped: with gaps, and a little late now and then.
func scrapes(r *rand.Rand, minutes int64) []int64 {
	var times []int64
	at := int64(1 + r.IntN(scrape))
	for at < minutes*60_000 {
		switch r.IntN(60) {
		case 0:
			at += scrape * int64(1+r.IntN(30))
		case 1:
			at += int64(r.IntN(4_000))
		}
		times = append(times, at)
		at += scrape
	}
	return times
}

// Fills a series with what `next` gives; now and then it ends and comes back.
func fill(r *rand.Rand, s *series, times []int64, next func() float64) {
	gone := 0
	for _, at := range times {
		v := next()
		switch {
		case gone > 0:
			gone--
		case r.IntN(80) == 0:
			s.add(at, stale)
			gone = r.IntN(12)
		case r.IntN(120) == 0:
			gone = r.IntN(30)
		default:
			s.add(at, v)
		}
	}
}

func counter(r *rand.Rand, perScrape float64) func() float64 {
	v := math.Floor(r.Float64() * 100)
	return func() float64 {
		if r.IntN(40) == 0 {
			v = math.Floor(r.Float64() * 5)
		} else if r.IntN(4) != 0 {
			v += math.Floor(r.ExpFloat64() * perScrape)
		}
		return v
	}
}

func gauge(r *rand.Rand, around float64) func() float64 {
	v := around
	return func() float64 {
		v += r.NormFloat64() * math.Max(1, around/10)
		switch r.IntN(150) {
		case 0:
			return math.NaN()
		case 1:
			return math.Inf(1 - 2*r.IntN(2))
		}
		return math.Round(v*100) / 100
	}
}

// All series of a case.
func data(r *rand.Rand, minutes int64) []*series {
	var all []*series
	make := func(name string, pairs ...string) *series {
		s := &series{Labels: map[string]string{"__name__": name}}
		for i := 0; i < len(pairs); i += 2 {
			s.Labels[pairs[i]] = pairs[i+1]
		}
		all = append(all, s)
		return s
	}
	for _, job := range []string{"shop", "pay"} {
		for instance := range 1 + r.IntN(2) {
			where := fmt.Sprintf("%s-%d", job, instance)
			times := scrapes(r, minutes)
			up := func() float64 { return float64(min(1, r.IntN(9))) }
			fill(r, make("up", "job", job, "instance", where), times, up)
			for _, status := range []string{"200", "404", "503"} {
				s := make("requests_total", "job", job, "instance", where, "status", status)
				fill(r, s, times, counter(r, 1+r.Float64()*50))
			}
			fill(r, make("queue_depth", "job", job, "instance", where), times, gauge(r, 20))
			fill(r, make("queue_limit", "job", job, "instance", where), times, func() float64 { return 50 })
			fill(r, make("temperature", "job", job, "instance", where), times, gauge(r, 0))
			counts := []float64{0, 0, 0, 0}
			histogram := make4(make, job, where)
			for _, at := range times {
				for i := range counts {
					counts[i] += math.Floor(r.ExpFloat64() * 8)
				}
				total := 0.0
				for i, s := range histogram {
					total += counts[i]
					s.add(at, total)
				}
			}
		}
		make("build_info", "job", job, "version", "1."+job, "team", "team-"+job)
	}
	for _, s := range all {
		if s.Labels["__name__"] == "build_info" {
			fill(r, s, scrapes(r, minutes), func() float64 { return 1 })
		}
	}
	return all
}

func make4(make func(string, ...string) *series, job, where string) []*series {
	var buckets []*series
	for _, bound := range []string{"0.1", "0.5", "2.5", "+Inf"} {
		buckets = append(buckets, make("latency_seconds_bucket", "job", job, "instance", where, "le", bound))
	}
	return buckets
}

// Appends all series to a database, in order of time.
func store(t *testing.T, all []*series) *teststorage.TestStorage {
	db, err := teststorage.NewWithError(func(o *tsdb.Options) { o.EnableExemplarStorage = false })
	check(t, err)
	app := db.Appender(t.Context())
	for _, s := range all {
		metric := labels.FromMap(s.Labels)
		for i, at := range s.Times {
			_, err := app.Append(0, metric, at, s.values[i])
			check(t, err)
		}
	}
	check(t, app.Commit())
	return db
}
