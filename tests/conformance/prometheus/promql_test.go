package conformance

import (
	"sort"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// Series, expressions, and what they give.
type promqlCase struct {
	Series  []*series `json:"series"`
	Queries []*query  `json:"queries"`
}

type query struct {
	Expression string   `json:"expression"`
	Times      []int64  `json:"times"`
	Answers    []answer `json:"answers"`
}

// Elements, or why there are none.
type answer struct {
	Error    string    `json:"error,omitempty"`
	Elements []element `json:"elements"`
}

type element struct {
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"`
}

// An expression, and what is wrong with it.
type syntaxCase struct {
	Expression string `json:"expression"`
	Error      string `json:"error"`
}

var promParser = parser.NewParser(parser.Options{EnableExperimentalFunctions: true})

func engine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples:               10_000_000,
		Timeout:                  time.Minute,
		LookbackDelta:            5 * time.Minute,
		NoStepSubqueryIntervalFn: func(int64) int64 { return 60_000 },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   promParser,
	})
}

func TestPromql(t *testing.T) {
	o := optionsOf(t)
	w := o.create(t, "promql.jsonl")
	defer w.close()
	engine := engine()
	defer engine.Close()
	for number := range o.cases {
		r := o.random(1, number)
		const minutes = 40
		c := promqlCase{Series: data(r, minutes)}
		db := store(t, c.Series)
		for range 40 {
			q := &query{Expression: grammar{r}.expression()}
			for range 5 {
				q.Times = append(q.Times, int64(r.IntN((minutes+8)*60_000)))
			}
			// A time on a grid: edges of ranges meet samples there.
			q.Times = append(q.Times, int64(r.IntN(minutes*4))*scrape)
			sort.Slice(q.Times, func(i, j int) bool { return q.Times[i] < q.Times[j] })
			for _, at := range q.Times {
				q.Answers = append(q.Answers, ask(t, engine, db, q.Expression, at))
			}
			c.Queries = append(c.Queries, q)
		}
		w.line(c)
		check(t, db.Close())
	}
}

func ask(t *testing.T, engine *promql.Engine, db storage.Queryable, expression string, at int64) answer {
	q, err := engine.NewInstantQuery(t.Context(), db, nil, expression, time.UnixMilli(at))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	defer q.Close()
	result := q.Exec(t.Context())
	if result.Err != nil {
		return answer{Error: result.Err.Error(), Elements: []element{}}
	}
	a := answer{Elements: []element{}}
	switch v := result.Value.(type) {
	case promql.Vector:
		for _, s := range v {
			a.Elements = append(a.Elements, element{s.Metric.Map(), number(s.F)})
		}
	case promql.Scalar:
		a.Elements = append(a.Elements, element{map[string]string{}, number(v.V)})
	default:
		t.Fatalf("%s gives %T", expression, v)
	}
	return a
}

func TestSyntax(t *testing.T) {
	o := optionsOf(t)
	w := o.create(t, "syntax.jsonl")
	defer w.close()
	r := o.random(2, 0)
	for range o.cases * 100 {
		c := syntaxCase{Expression: grammar{r}.broken()}
		if e, err := promParser.ParseExpr(c.Expression); err != nil {
			c.Error = err.Error()
		} else if e.Type() == parser.ValueTypeMatrix || e.Type() == parser.ValueTypeString {
			c.Error = "a rule cannot use it"
		}
		w.line(c)
	}
}
