package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/timeinterval"
)

// Alerts for a configuration, and what is said of them.
type alertmanagerCase struct {
	Alertmanager string  `json:"alertmanager"`
	Sends        []send  `json:"sends"`
	Said         []*said `json:"said"`
}

// An alert as Prometheus sends it, times in milliseconds, and in microseconds here; an end of 0 stands for none.
type send struct {
	At          int64             `json:"at"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    int64             `json:"starts_at"`
	EndsAt      int64             `json:"ends_at"`
}

type said struct {
	At       int64       `json:"at"`
	Receiver string      `json:"receiver"`
	Channel  string      `json:"channel"`
	Number   int         `json:"number"`
	Alerts   []saidAlert `json:"alerts"`
}

type saidAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Firing      bool              `json:"firing"`
}

// Waits and intervals have fractions of a second, so that looks at groups do not meet evaluations of rules.
func times(r *rand.Rand, indent string) string {
	var text strings.Builder
	if r.IntN(2) == 0 {
		fmt.Fprintf(&text, "%sgroup_wait: %s\n", indent, pick(r, "10s300ms", "0s", "31s700ms"))
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&text, "%sgroup_interval: %s\n", indent, pick(r, "61s700ms", "2m100ms", "37s900ms"))
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&text, "%srepeat_interval: %s\n", indent, pick(r, "5m", "3m5s400ms", "10m", "1h"))
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&text, "%sgroup_by: %s\n", indent, pick(r, "[job]", "['...']", "[alertname, job]", "[]", "[severity]"))
	}
	return text.String()
}

// Routes with the same matchers share what was said by either: which of two is first is luck. So each route has a
// matcher of its own, which every alert fulfils.
func matchers(r *rand.Rand, indent string) string {
	own := fmt.Sprintf(`'route_%d=""'`, r.Uint32())
	switch r.IntN(3) {
	case 0:
		return indent + "match: {severity: critical}\n" + indent + "matchers: [" + own + "]\n"
	case 1:
		return indent + "match_re: {job: \"sh.*\"}\n" + indent + "matchers: [" + own + "]\n"
	}
	return indent + "matchers: [" + pick(r, `severity=critical`, `job=shop, severity!="low"`,
		`'{severity=~"warn.*|low"}'`, `"team=\"all\""`, `'instance=""'`) + ", " + own + "]\n"
}

func routes(r *rand.Rand, depth int, indent string) string {
	var text strings.Builder
	text.WriteString(indent + "routes:\n")
	for range 1 + r.IntN(3) {
		text.WriteString(indent + "- continue: " + pick(r, "true", "false") + "\n")
		inner := indent + "  "
		text.WriteString(matchers(r, inner) + times(r, inner))
		if r.IntN(3) != 0 {
			text.WriteString(inner + "receiver: " + pick(r, "chat", "pager", "both", "none") + "\n")
		}
		if depth > 0 && r.IntN(3) == 0 {
			text.WriteString(routes(r, depth-1, inner))
		}
	}
	return text.String()
}

func alertmanagerConfig(r *rand.Rand) string {
	text := `global: {slack_api_url: "http://127.0.0.1/x", smtp_smarthost: "127.0.0.1:25", smtp_from: a@example.org}
receivers:
- name: chat
  slack_configs: [{channel: "#shop"}]
- name: pager
  pagerduty_configs: [{routing_key: x}]
- name: both
  webhook_configs: [{url: "http://127.0.0.1/sms"}, {url: "http://127.0.0.1/call", send_resolved: false}]
  email_configs: [{to: b@example.org, send_resolved: true}]
- name: none
inhibit_rules:
- source_matchers: [severity=critical]
  target_matchers: [severity=warning]
  equal: [job]
- source_match: {alertname: Alert-0-0}
  target_match_re: {alertname: "Alert-[01]-.*"}
  equal: [job, absent]
route:
  receiver: ` + pick(r, "chat", "pager", "both") + "\n"
	return text + times(r, "  ") + routes(r, 2, "  ")
}

// Takes down what it is told, and when.
type listener struct {
	start    time.Time
	lock     sync.Mutex
	said     []*said
	resolved bool
}

type way struct {
	*listener
	receiver, channel string
	number            int
	resolved          bool
}

func (w way) SendResolved() bool { return w.resolved }

func (w way) Notify(_ context.Context, alerts ...*alert.Alert) (bool, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	one := &said{At: time.Since(w.start).Microseconds(), Receiver: w.receiver, Channel: w.channel, Number: w.number}
	texts := func(set model.LabelSet) map[string]string {
		m := map[string]string{}
		for name, value := range set {
			m[string(name)] = string(value)
		}
		return m
	}
	for _, a := range alerts {
		one.Alerts = append(one.Alerts, saidAlert{texts(a.Labels), texts(a.Annotations), !a.Resolved()})
	}
	sort.Slice(one.Alerts, func(i, j int) bool { return fmt.Sprint(one.Alerts[i].Labels) < fmt.Sprint(one.Alerts[j].Labels) })
	w.said = append(w.said, one)
	return false, nil
}

// What the real Alertmanager says to alerts, under a fake clock.
func tell(t *testing.T, text string, sends []send, until int64) []*said {
	logger := slog.New(slog.DiscardHandler)
	conf, err := config.Load(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	start := time.Now()
	listener := &listener{start: start, said: []*said{}}
	receivers := map[string][]notify.Integration{}
	for _, receiver := range conf.Receivers {
		var all []notify.Integration
		add := func(channel string, number int, rs notify.ResolvedSender) {
			w := way{listener, receiver.Name, channel, number, rs.SendResolved()}
			all = append(all, notify.NewIntegration(w, w, channel, number, receiver.Name))
		}
		for i, c := range receiver.WebhookConfigs {
			add("webhook", i, c)
		}
		for i, c := range receiver.EmailConfigs {
			add("email", i, c)
		}
		for i, c := range receiver.PagerdutyConfigs {
			add("pagerduty", i, c)
		}
		for i, c := range receiver.SlackConfigs {
			add("slack", i, c)
		}
		receivers[receiver.Name] = all
	}
	registry := prometheus.NewRegistry()
	recorder := eventrecorder.NopRecorder()
	flags := featurecontrol.NoopFlags{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	alerts, err := mem.NewAlerts(ctx, 30*time.Minute, 0, nil, logger, recorder, registry, flags)
	check(t, err)
	log, err := nflog.New(nflog.Options{Retention: 120 * time.Hour, Logger: logger, Metrics: registry})
	check(t, err)
	stop := make(chan struct{})
	var rest sync.WaitGroup
	rest.Go(func() { log.Maintenance(15*time.Minute, "", stop, nil) })
	silences, err := silence.New(silence.Options{Retention: time.Hour, Logger: logger, Metrics: registry})
	check(t, err)
	groups := marker.NewGroupMarker()
	inhibitor := inhibit.NewInhibitor(alerts, conf.InhibitRules, logger, recorder)
	pipeline := notify.NewPipelineBuilder(registry, flags, recorder).New(receivers, func() time.Duration { return 0 }, inhibitor,
		silence.NewSilencer(silences, logger, recorder), timeinterval.NewIntervener(nil), groups, log, nil)
	dispatcher := dispatch.NewDispatcher(alerts, dispatch.NewRoute(conf.Route, nil), pipeline, groups, nil, 30*time.Second, nil,
		logger, recorder, nil, nil)
	rest.Go(inhibitor.Run)
	inhibitor.WaitForLoading()
	rest.Go(func() { dispatcher.Run(time.Now()) })
	dispatcher.WaitForLoading()
	synctest.Wait()
	for _, s := range sends {
		time.Sleep(time.Until(start.Add(time.Duration(s.At) * time.Microsecond)))
		// A look at a group that is due at this instant comes before the alert.
		synctest.Wait()
		set := func(m map[string]string) model.LabelSet {
			labels := model.LabelSet{}
			for name, value := range m {
				labels[model.LabelName(name)] = model.LabelValue(value)
			}
			return labels
		}
		moment := func(at int64) time.Time { return start.Add(time.Duration(at) * time.Microsecond) }
		a := &alert.Alert{
			Alert:     model.Alert{Labels: set(s.Labels), Annotations: set(s.Annotations), StartsAt: moment(s.StartsAt), EndsAt: moment(s.EndsAt)},
			UpdatedAt: time.Now(),
		}
		if s.EndsAt == 0 {
			// As the API does with an alert without an end.
			a.Timeout = true
			a.EndsAt = time.Now().Add(time.Duration(conf.Global.ResolveTimeout))
		}
		check(t, alerts.Put(ctx, a))
		synctest.Wait()
	}
	time.Sleep(time.Until(start.Add(time.Duration(until) * time.Microsecond)))
	synctest.Wait()
	result := append([]*said{}, listener.said...)
	dispatcher.Stop()
	inhibitor.Stop()
	cancel()
	close(stop)
	alerts.Close()
	rest.Wait()
	return result
}

func TestAlertmanager(t *testing.T) {
	o := optionsOf(t)
	w := o.create(t, "alertmanager.jsonl")
	defer w.close()
	for number := range o.cases {
		r := o.random(4, number)
		c := &alertmanagerCase{Alertmanager: alertmanagerConfig(r)}
		const minutes = 90
		if number%2 == 0 {
			for i := range 8 {
				c.Sends = append(c.Sends, life(r, i, minutes*60_000)...)
			}
		} else {
			// What a real Prometheus sends.
			c.Sends = randomRules(t, r).Sends
		}
		sort.SliceStable(c.Sends, func(i, j int) bool { return c.Sends[i].At < c.Sends[j].At })
		spread(r, c.Sends)
		synctest.Test(t, func(t *testing.T) { c.Said = tell(t, c.Alertmanager, c.Sends, minutes*60_000_000) })
		w.line(c)
	}
}

// Goes over to microseconds, and parts alerts of one instant: under a fake clock a notification takes no time, and
// Alertmanager's log does not take a second one of the same instant.
func spread(r *rand.Rand, sends []send) {
	before := int64(0)
	for i := range sends {
		s := &sends[i]
		s.At = max(s.At*1000, before) + 1 + r.Int64N(4_000_000)
		before = s.At
		s.StartsAt *= 1000
		s.EndsAt *= 1000
	}
}

// All that is sent of one alert, which fires a few times.
func life(r *rand.Rand, number int, until int64) []send {
	var sends []send
	labels := map[string]string{
		"alertname": fmt.Sprintf("Alert-%d-%d", r.IntN(2), number), "job": pick(r, "shop", "pay"),
		"severity": pick(r, "critical", "warning", "low"),
	}
	if r.IntN(2) == 0 {
		labels["instance"] = pick(r, "a", "b")
	}
	if r.IntN(3) == 0 {
		labels["team"] = "all"
	}
	at := int64(1 + r.IntN(900_000))
	for at < until {
		starts := at - int64(r.IntN(2)*r.IntN(100_000))
		starts = max(starts, 1)
		// What no resolution follows runs out by itself.
		length := int64(r.ExpFloat64() * 600_000)
		end := at + length
		for ; at < min(end, until); at += 120_000 {
			s := send{At: at, Labels: labels, Annotations: map[string]string{"at": fmt.Sprint(at)}, StartsAt: starts, EndsAt: at + 240_000}
			if r.IntN(10) == 0 {
				s.EndsAt = 0
			}
			sends = append(sends, s)
		}
		if r.IntN(4) != 0 && end < until {
			sends = append(sends, send{At: end, Labels: labels, Annotations: map[string]string{}, StartsAt: starts, EndsAt: end})
		}
		at = max(end, at) + int64(r.ExpFloat64()*600_000) + 1
	}
	return sends
}
