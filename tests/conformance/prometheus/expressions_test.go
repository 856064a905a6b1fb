package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Makes random expressions of what Brownout evaluates.
type grammar struct {
	r *rand.Rand
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (g grammar) duration() string {
	return pick(g.r, "1m", "90s", "2m", "5m", "10m", "37s", "15s", "20m")
}

func (g grammar) offset() string {
	return pick(g.r, "", "", "", "", " offset 1m", " offset 7m30s", " offset -1m", " offset 10s")
}

func (g grammar) matchers() string {
	return pick(g.r, "", "", "", `{job="shop"}`, `{job=~"sh.*|x"}`, `{job!="pay"}`, `{instance!~".*-1"}`,
		`{status=~"5..|"}`, `{status=""}`, `{job="shop",instance="shop-0"}`, `{absent="x"}`)
}

func (g grammar) selector(names ...string) string { return pick(g.r, names...) + g.matchers() }

func (g grammar) number() string {
	return pick(g.r, "0", "1", "0.5", "-2", "3", "20", "1e2", "0.05", "2.5")
}

// A vector without a metric's name in its labels.
func (g grammar) over() string {
	if g.r.IntN(5) == 0 {
		function := pick(g.r, "avg_over_time", "max_over_time", "min_over_time", "sum_over_time", "count_over_time",
			"last_over_time", "stddev_over_time", "deriv", "delta", "present_over_time")
		step := pick(g.r, "30s", "1m", "17s", "")
		return fmt.Sprintf("%s(%s[%s:%s]%s)", function, g.inner(1), pick(g.r, "3m", "5m", "10m"), step, g.offset())
	}
	if g.r.IntN(2) == 0 {
		function := pick(g.r, "rate", "increase", "irate", "resets", "changes", "rate", "increase")
		return fmt.Sprintf("%s(%s[%s]%s)", function, g.selector("requests_total"), g.duration(), g.offset())
	}
	gauges := g.selector("queue_depth", "temperature", "up")
	window := fmt.Sprintf("%s[%s]%s", gauges, g.duration(), g.offset())
	switch g.r.IntN(16) {
	case 0:
		return fmt.Sprintf("quantile_over_time(%s, %s)", pick(g.r, "0.5", "0.9", "-1", "1.5", "0"), window)
	case 1:
		return fmt.Sprintf("predict_linear(%s, %s)", window, pick(g.r, "60", "3600"))
	}
	function := pick(g.r, "delta", "idelta", "deriv", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time",
		"count_over_time", "last_over_time", "first_over_time", "present_over_time", "stddev_over_time",
		"stdvar_over_time", "changes")
	return fmt.Sprintf("%s(%s)", function, window)
}

// A vector whose values come out the same to the last bit.
func (g grammar) exact() string {
	return pick(g.r, g.selector("queue_depth", "temperature", "requests_total")+g.offset(),
		fmt.Sprintf("delta(%s[%s])", g.selector("queue_depth"), g.duration()),
		fmt.Sprintf("increase(%s[%s])", g.selector("requests_total"), g.duration()))
}

func (g grammar) grouping() string {
	return pick(g.r, "", " by (job)", " by (job, status)", " without (instance)", " by ()", " without (job, status, le)",
		" by (absent)", " without ()")
}

func (g grammar) aggregate(depth int) string {
	inner := g.inner(depth - 1)
	if g.r.IntN(10) == 0 {
		return fmt.Sprintf("quantile%s(%s, %s)", g.grouping(), pick(g.r, "0.5", "0.9", "2"), inner)
	}
	return fmt.Sprintf("%s%s(%s)", pick(g.r, "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"),
		g.grouping(), inner)
}

func (g grammar) quantile() string {
	inner := "latency_seconds_bucket" + g.matchers()
	switch g.r.IntN(4) {
	case 0:
		inner = fmt.Sprintf("rate(%s[%s])", inner, g.duration())
	case 1:
		inner = fmt.Sprintf("sum by (le)(rate(%s[%s]))", inner, g.duration())
	case 2:
		inner = fmt.Sprintf("sum by (le, job)(increase(%s[%s]))", inner, g.duration())
	}
	return fmt.Sprintf("histogram_quantile(%s, %s)", pick(g.r, "0.5", "0.95", "0.99", "0", "1", "1.2"), inner)
}

func (g grammar) binary(depth int) string {
	operator := pick(g.r, "+", "-", "*", "/", ">", "<", ">=", "<=", "!=", "> bool", "< bool", "^", "atan2")
	switch g.r.IntN(9) {
	case 0:
		return fmt.Sprintf("%s %s %s", g.inner(depth-1), operator, g.number())
	case 1:
		return fmt.Sprintf("%s %s %s", g.number(), operator, g.inner(depth-1))
	case 2:
		return fmt.Sprintf("queue_depth%s %s queue_limit", g.matchers(), operator)
	case 3:
		return fmt.Sprintf("queue_depth %s on (job, instance) temperature%s", operator, g.matchers())
	case 4:
		return fmt.Sprintf("rate(requests_total[5m]) %s ignoring (status) group_left sum without (status)(rate(requests_total[5m]))",
			operator)
	case 5:
		return fmt.Sprintf("requests_total%s %s on (job) group_left (version, team) build_info", g.matchers(), operator)
	case 6:
		return fmt.Sprintf("build_info %s on (job) group_right (version) up%s", operator, g.matchers())
	case 7:
		return fmt.Sprintf("sum by (job)(%s) %s sum by (job)(%s)", g.inner(depth-1), operator, g.inner(depth-1))
	}
	set := pick(g.r, "and", "or", "unless")
	matching := pick(g.r, "", " on (job)", " ignoring (status)", " on ()")
	return fmt.Sprintf("%s %s%s %s", g.inner(depth-1), set, matching, g.inner(depth-1))
}

func (g grammar) inner(depth int) string {
	if depth <= 0 {
		if g.r.IntN(2) == 0 {
			return g.over()
		}
		return g.selector("queue_depth", "temperature", "requests_total", "up") + g.offset()
	}
	switch g.r.IntN(12) {
	case 0, 1, 2:
		return g.aggregate(depth)
	case 3, 4, 5:
		return "(" + g.binary(depth) + ")"
	case 6:
		return g.quantile()
	case 7:
		if g.r.IntN(2) == 0 {
			// Steps: a difference in the last bit would become one of a whole step, so what they take is exact.
			return pick(g.r, fmt.Sprintf("%s(%s)", pick(g.r, "ceil", "floor", "round"), g.exact()),
				fmt.Sprintf("round(%s, %s)", g.exact(), pick(g.r, "5", "0.1")),
				fmt.Sprintf("(%s %% %s)", g.exact(), pick(g.r, "7", "2.5", "-3")))
		}
		return fmt.Sprintf("%s(%s)", pick(g.r, "abs", "sgn", "sqrt", "exp", "ln", "log2", "log10"), g.inner(depth-1))
	case 8:
		switch g.r.IntN(4) {
		case 0:
			return fmt.Sprintf("clamp(%s, %s, %s)", g.inner(depth-1), g.number(), g.number())
		case 1:
			return fmt.Sprintf("clamp_min(%s, %s)", g.inner(depth-1), g.number())
		case 2:
			return fmt.Sprintf("clamp_max(%s, %s)", g.inner(depth-1), g.number())
		}
		return fmt.Sprintf("sgn(%s)", g.exact())
	case 9:
		return "(-" + g.inner(depth-1) + ")"
	}
	return g.over()
}

// A whole expression of a rule.
func (g grammar) expression() string {
	switch g.r.IntN(14) {
	case 0:
		return fmt.Sprintf("absent(%s)", g.selector("up", "queue_depth", "none"))
	case 1:
		return fmt.Sprintf("absent_over_time(%s[%s])", g.selector("up", "none"), g.duration())
	case 2:
		return fmt.Sprintf("%s%s(%s, %s)", pick(g.r, "topk", "bottomk"), g.grouping(), pick(g.r, "1", "2", "3", "0"),
			g.selector("queue_depth", "temperature"))
	case 3:
		return fmt.Sprintf(`label_replace(%s, "kind", "<$1>", "instance", "(.*)-\\d")`, g.inner(1))
	case 4:
		return fmt.Sprintf(`label_join(%s, "both", "/", "job", "instance", "absent")`, g.inner(1))
	case 5:
		return fmt.Sprintf("timestamp(%s) > bool time() - 60", g.selector("up", "queue_depth"))
	case 6:
		return fmt.Sprintf("%s > scalar(%s)", g.inner(1), g.aggregate(1))
	case 7:
		return fmt.Sprintf("vector(scalar(%s) %s %s)", g.aggregate(1), pick(g.r, "+", "*", ">= bool", "^"), g.number())
	case 8:
		return fmt.Sprintf("%s %s %s %s %s", g.number(), pick(g.r, "+", "*", "%"), g.number(), pick(g.r, "-", "/", "^ 2 +"), g.number())
	}
	return g.inner(2)
}

// Changes an expression a little, which most often breaks it.
func (g grammar) broken() string {
	tokens := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "[", " [ ", "]", " ] ", ",", " , ", "{", " { ",
		"}", " } ", "=", " = ").Replace(g.expression()))
	at := g.r.IntN(len(tokens))
	switch g.r.IntN(4) {
	case 0:
		tokens = append(tokens[:at:at], tokens[at+1:]...)
	case 1:
		tokens = append(tokens[:at+1:at+1], tokens[at:]...)
	case 2:
		other := g.r.IntN(len(tokens))
		tokens[at], tokens[other] = tokens[other], tokens[at]
	case 3:
		tokens[at] = pick(g.r, "5m", "by", "(", ")", "on", "offset", "bool", "sum", "rate", "x", "0x1f", "1_0", "'a'", ":", "@",
			"[5m]", "[5m:]", "{}", "{a='b'}", "and", "==", "-", "inf", "NaN", "group_left", "without", "1h30m", ",")
	}
	return strings.Join(tokens, pick(g.r, " ", " ", "\n"))
}
