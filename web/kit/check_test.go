package kit

import (
	"testing"

	"github.com/jba/templatecheck"
)

func TestTemplatesFitTheirTypes(t *testing.T) {
	k, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		dot  any
	}{
		{"layout", view{}}, {"kit-problem", problem{}}, {"kit-expired", expired{}},
		{"tag", Tag{}}, {"summary-list", []Row{}}, {"table", Table{}}, {"timeline", []Move{}}, {"badge", Badge{}},
		{"steps", Steps{}}, {"pagination", Pagination{}}, {"tabs", []Tab{}}, {"mark", nil}, {"skip-link", nil},
		{"language-switch", nil}, {"error-summary", nil}, {"countdown", 0},
		{"field-label", &field{}}, {"field-legend", &field{}}, {"field-notes", &field{}},
		{"input", map[string]any{}}, {"password-input", map[string]any{}}, {"textarea", map[string]any{}}, {"radios", map[string]any{}},
		{"checkboxes", map[string]any{}}, {"checkbox", map[string]any{}}, {"select", map[string]any{}}, {"file-input", map[string]any{}},
		{"button", map[string]any{}}, {"panel", map[string]any{}}, {"notification", map[string]any{}}, {"warning", map[string]any{}},
		{"details", map[string]any{}}, {"inset", map[string]any{}}, {"copy", map[string]any{}}, {"needs-script", map[string]any{}}, {"back-link", map[string]any{}},
	} {
		all, err := k.Templates()
		if err != nil {
			t.Fatal(err)
		}
		one := all.Lookup(c.name)
		if one == nil {
			t.Errorf("no template %q", c.name)
			continue
		}
		if err := templatecheck.CheckHTML(one, c.dot); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
