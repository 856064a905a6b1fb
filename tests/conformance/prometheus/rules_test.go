package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

// Rule files over series, and the state of every alert at every evaluation.
type rulesCase struct {
	Series      []*series     `json:"series"`
	Rules       string        `json:"rules"`
	Phases      []int64       `json:"phases"`
	Evaluations []*evaluation `json:"evaluations"`
	Sends       []send        `json:"sends"`
}

type evaluation struct {
	At     int64         `json:"at"`
	Group  int           `json:"group"`
	Failed []string      `json:"failed,omitempty"`
	Active []activeAlert `json:"active"`
}

type activeAlert struct {
	Labels   map[string]string `json:"labels"`
	State    string            `json:"state"`
	ActiveAt int64             `json:"active_at"`
	Value    string            `json:"value"`
}

type group struct {
	name     string
	interval int64
	phase    int64
}

// A random rule file, and its groups.
func ruleFile(r *rand.Rand) (string, []group) {
	g := grammar{r}
	var text strings.Builder
	var groups []group
	text.WriteString("groups:\n")
	for i := range 3 {
		interval := pick(r, int64(15), 30, 60)
		group := group{fmt.Sprintf("group-%d", i), interval * 1000, int64(1 + r.IntN(int(interval)*1000-1))}
		// The first evaluation looks back to the start at most, by `query_offset`.
		group.phase += 30_000
		groups = append(groups, group)
		fmt.Fprintf(&text, "  - name: %s\n    interval: %ds\n", group.name, interval)
		if r.IntN(4) == 0 {
			text.WriteString("    query_offset: 20s\n")
		}
		if r.IntN(6) == 0 {
			fmt.Fprintf(&text, "    limit: %d\n", 2+r.IntN(5))
		}
		if r.IntN(3) == 0 {
			text.WriteString("    labels: {team: all, severity: low}\n")
		}
		text.WriteString("    rules:\n")
		record := fmt.Sprintf("job:requests:rate%d", i)
		fmt.Fprintf(&text, "      - record: %s\n        expr: sum by (job) (rate(requests_total[%s]))\n", record, g.duration())
		if r.IntN(2) == 0 {
			text.WriteString("        labels: {kind: sum, team: none}\n")
		}
		for j := range 5 {
			expr := ""
			switch r.IntN(9) {
			case 0:
				expr = "up == 0"
			case 1:
				expr = fmt.Sprintf("%s > %d", record, r.IntN(6))
			case 2:
				expr = fmt.Sprintf(`histogram_quantile(0.9, sum by (le, job)(rate(latency_seconds_bucket[%s]))) > 0.4`, g.duration())
			case 3:
				expr = `ALERTS{alertstate="firing", alertname=~"Alert-.-[0-2]"}`
			case 4:
				expr = fmt.Sprintf(`time() - ALERTS_FOR_STATE{alertname=~"Alert-.-[0-2]"} > %d`, r.IntN(300))
			case 5:
				expr = "absent(" + g.selector("up", "none") + ")"
			case 6:
				expr = fmt.Sprintf("queue_depth > %d", 10+r.IntN(20))
			default:
				expr = g.inner(1) + " > " + g.number()
			}
			// The database holds all samples from the start, later ones too, which a run has not seen yet.
			expr = strings.ReplaceAll(expr, " offset -1m", "")
			fmt.Fprintf(&text, "      - alert: Alert-%d-%d\n        expr: |\n          %s\n", i, j, expr)
			if r.IntN(3) != 0 {
				fmt.Fprintf(&text, "        for: %s\n", pick(r, "30s", "1m", "2m", "5m", "45s", "0"))
			}
			if r.IntN(3) == 0 {
				fmt.Fprintf(&text, "        keep_firing_for: %s\n", pick(r, "30s", "2m", "40s"))
			}
			text.WriteString("        labels:\n")
			fmt.Fprintf(&text, "          severity: %s\n", pick(r, "critical", "warning"))
			if r.IntN(3) == 0 {
				text.WriteString("          where: \"{{ $labels.job }}/{{ .Labels.instance }}\"\n")
			}
			if r.IntN(5) == 0 {
				text.WriteString("          level: '{{ $value | printf \"%.0f\" }}'\n")
			}
			if r.IntN(5) == 0 {
				text.WriteString("          status: \"\"\n")
			}
			text.WriteString("        annotations: {summary: \"{{ $labels.job }} at {{ $value | printf `%.4f` }}: {{ humanize $value }}, " +
				"{{ humanizePercentage $value }}, {{ $value | humanizeDuration }}, {{ humanize1024 .Value }}\"}\n")
		}
	}
	return text.String(), groups
}

func TestRules(t *testing.T) {
	o := optionsOf(t)
	w := o.create(t, "rules.jsonl")
	defer w.close()
	for number := range o.cases/4 + 1 {
		w.line(randomRules(t, o.random(3, number)))
	}
}

func randomRules(t *testing.T, r *rand.Rand) *rulesCase {
	const minutes = 40
	c := &rulesCase{Series: data(r, minutes)}
	text, groups := ruleFile(r)
	c.Rules = text
	c.Sends = c.evaluate(t, groups, minutes)
	return c
}

func (c *rulesCase) evaluate(t *testing.T, groups []group, minutes int64) []send {
	engine := engine()
	defer engine.Close()
	db := store(t, c.Series)
	defer func() { check(t, db.Close()) }()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	check(t, os.WriteFile(file, []byte(c.Rules), 0o666))
	now := int64(0)
	var sends []send
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:   rules.EngineQueryFunc(engine, db),
		Appendable:  db,
		Queryable:   db,
		Context:     t.Context(),
		Logger:      slog.New(slog.DiscardHandler),
		Registerer:  prometheus.NewRegistry(),
		ResendDelay: time.Minute,
		Parser:      promParser,
		NotifyFunc: func(_ context.Context, _ string, alerts ...*rules.Alert) {
			// They come in the order of a map. Which alert is first decides whether a new group has to wait.
			sort.Slice(alerts, func(i, j int) bool { return alerts[i].ActiveAt.Before(alerts[j].ActiveAt) })
			for _, a := range alerts {
				s := send{At: now, Labels: a.Labels.Map(), Annotations: a.Annotations.Map(), StartsAt: a.FiredAt.UnixMilli()}
				end := a.ValidUntil
				if !a.ResolvedAt.IsZero() {
					end = a.ResolvedAt
				}
				s.EndsAt = end.UnixMilli()
				sends = append(sends, s)
			}
		},
	})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file)
	for _, err := range errs {
		t.Fatalf("%v in\n%s", err, c.Rules)
	}
	for _, g := range groups {
		c.Phases = append(c.Phases, g.phase)
		// A server that restarts gives no ALERTS before it has looked for those of its former life.
		for _, rule := range loaded[rules.GroupKey(file, g.name)].AlertingRules() {
			rule.SetRestored(true)
		}
	}
	next := append([]int64{}, c.Phases...)
	for {
		due := 0
		for i := range groups {
			if next[i] < next[due] {
				due = i
			}
		}
		now = next[due]
		if now > minutes*60_000 {
			return sends
		}
		next[due] += groups[due].interval
		g := loaded[rules.GroupKey(file, groups[due].name)]
		g.Eval(t.Context(), time.UnixMilli(now))
		e := &evaluation{At: now, Group: due, Active: []activeAlert{}}
		for _, rule := range g.Rules() {
			if rule.LastError() != nil {
				e.Failed = append(e.Failed, rule.Name())
			}
		}
		for _, rule := range g.AlertingRules() {
			for _, a := range rule.ActiveAlerts() {
				e.Active = append(e.Active, activeAlert{a.Labels.Map(), a.State.String(), a.ActiveAt.UnixMilli(), number(a.Value)})
			}
		}
		sort.Slice(e.Active, func(i, j int) bool { return fmt.Sprint(e.Active[i].Labels) < fmt.Sprint(e.Active[j].Labels) })
		c.Evaluations = append(c.Evaluations, e)
	}
}
