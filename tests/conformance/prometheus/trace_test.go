// Package conformance writes what the real Prometheus and Alertmanager make of random input, so that Brownout's own
// can be compared with it. It is a test only because Alertmanager runs under a fake clock, which belongs to tests.
package conformance

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/prometheus/prometheus/model/value"
)

// Where traces go, from which seed, and how many cases of each kind.
type options struct {
	folder string
	seed   uint64
	cases  int
}

func optionsOf(t *testing.T) options {
	folder := os.Getenv("BROWNOUT_TRACE_FOLDER")
	if folder == "" {
		t.Skip("BROWNOUT_TRACE_FOLDER names the folder to write to")
	}
	seed, err := strconv.ParseUint(os.Getenv("BROWNOUT_TRACE_SEED"), 10, 64)
	check(t, err)
	cases, err := strconv.Atoi(os.Getenv("BROWNOUT_TRACE_CASES"))
	check(t, err)
	return options{folder, seed, cases}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o options) random(purpose uint64, number int) *rand.Rand {
	return rand.New(rand.NewPCG(o.seed, purpose<<32|uint64(number)))
}

// Writes one value a line.
type writer struct {
	t    *testing.T
	file *os.File
	out  *bufio.Writer
}

func (o options) create(t *testing.T, name string) *writer {
	check(t, os.MkdirAll(o.folder, 0o777))
	file, err := os.Create(filepath.Join(o.folder, name))
	check(t, err)
	return &writer{t, file, bufio.NewWriter(file)}
}

func (w *writer) line(v any) {
	text, err := json.Marshal(v)
	check(w.t, err)
	_, err = w.out.Write(append(text, '\n'))
	check(w.t, err)
}

func (w *writer) close() {
	check(w.t, w.out.Flush())
	check(w.t, w.file.Close())
}

// A number as text: what JSON has no number for included.
func number(v float64) string {
	if value.IsStaleNaN(v) {
		return "stale"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

var stale = math.Float64frombits(value.StaleNaN)
