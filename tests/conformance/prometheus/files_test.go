package conformance

import (
	"log/slog"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/template"
)

// What `promtool check rules` and `amtool check-config` do with the files that Brownout ships.
func TestFiles(t *testing.T) {
	groups, errs := rulefmt.ParseFile("../../../rules/shop.yaml", false, model.UTF8Validation, promParser, slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) == 0 && len(groups.Groups) == 0 {
		t.Error("there are no groups")
	}
	conf, err := config.LoadFile("../../../rules/alertmanager.yaml")
	check(t, err)
	_, err = template.FromGlobs(conf.Templates)
	check(t, err)
}
