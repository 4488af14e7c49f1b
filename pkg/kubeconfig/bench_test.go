package kubeconfig

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd/api"
)

// Memory, unlike time, is the same on a busy machine: per entry, allocations must not grow with the number of entries.
func TestCostPerEntryDoesNotGrow(t *testing.T) {
	perEntry := func(n int) float64 {
		config := api.NewConfig()
		for i := range n {
			Entry{Name: fmt.Sprint(i), Server: "https://x.example", User: ExecUser([]string{"a"}, "")}.Put(config)
		}
		empty, err := parse(nil)
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := empty.apply(config)
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(1, func() {
			d, err := parse(data)
			if err != nil {
				t.Fatal(err)
			}
			want := d.model.DeepCopy()
			for i := range n {
				switch name := fmt.Sprint(i); i % 3 {
				case 0:
					want.Clusters[name].Server = "https://y.example"
				case 1:
					Entry{Name: "new" + name, Server: "https://x.example", User: ExecUser(nil, "")}.Put(want)
				default:
					delete(want.Contexts, name)
				}
			}
			if _, _, err := d.apply(want); err != nil {
				t.Fatal(err)
			}
		}) / float64(n)
	}
	few, many := perEntry(30), perEntry(900)
	if many > 1.2*few {
		t.Errorf("%.0f allocations per entry of 900, %.0f of 30", many, few)
	}
}

// The time per entry must not grow with their number.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		put := func(prefix string) func(*api.Config) {
			return func(c *api.Config) {
				for i := range n {
					Entry{Name: fmt.Sprintf("%s%05d", prefix, i), Server: "https://x.example",
						CAData: []byte(strings.Repeat("x", 1500)), User: ExecUser([]string{"a", "b"}, "hint")}.Put(c)
				}
			}
		}
		run := func(b *testing.B, data []byte, edit func(*api.Config)) []byte {
			var out []byte
			for b.Loop() {
				d, err := parse(data)
				if err != nil {
					b.Fatal(err)
				}
				want := d.model.DeepCopy()
				edit(want)
				if out, _, err = d.apply(want); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/entry")
			return out
		}
		var full []byte
		b.Run(fmt.Sprintf("add/%d", n), func(b *testing.B) { full = run(b, nil, put("a")) })
		b.Run(fmt.Sprintf("change/%d", n), func(b *testing.B) {
			run(b, full, func(c *api.Config) {
				for _, cluster := range c.Clusters {
					cluster.Server = "https://y.example"
				}
			})
		})
		b.Run(fmt.Sprintf("remove/%d", n), func(b *testing.B) {
			run(b, full, func(c *api.Config) {
				for name := range c.Contexts {
					if strings.HasSuffix(name, "1") {
						delete(c.Contexts, name)
					}
				}
			})
		})
	}
}
