//go:build system

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// Prometheus scrapes the API server with the page's configuration, and still does when the token it began with is dead.
func testPrometheus(t *testing.T, p *person, running *clustertest.Running) {
	p.env.Setenv("PATH", scripttest.Clients(t)+string(os.PathListSeparator)+p.env.Getenv("PATH"))
	page := blocks(t, "prometheus.md", "yaml")[0]
	p.admits(running, page)
	all := objects(t, page)
	p.sandbox.Configure(func(c *sandbox.Settings) { c.InstanceTokenLifetime = sandbox.Duration(4 * time.Second) })
	defer p.sandbox.Configure(func(c *sandbox.Settings) { c.InstanceTokenLifetime = 0 })

	pod := all["Deployment/prometheus"].Spec.Template.Spec
	sidecar := pod.InitContainers[0]
	p.becomePod()
	p.setEnvironment(sidecar)
	p.write("edge/.keep", "")
	fresh := strings.NewReplacer("/edge/", p.path("edge")+"/", ":8090", ":0")
	nextToken, stopSidecar := p.starts("holds a new token until", sidecar.Command[0],
		replaced(fresh, append(sidecar.Command[1:], sidecar.Args...))...)
	nextToken()
	first, err := os.ReadFile(p.path("edge/token"))
	if err != nil {
		t.Fatal(err)
	}

	config := strings.NewReplacer(
		"/edge/", p.path("edge")+"/", "/etc/prometheus/demo-ca.pem", p.path("ca.pem"),
		"demo-3714d85.edge.eu01.onstackit.cloud", strings.TrimPrefix(running.Cluster.URL(), "https://"),
	).Replace(all["ConfigMap/prometheus"].Data["prometheus.yml"])
	p.write("etc/prometheus.yml", "global: {scrape_interval: 1s}\n"+config)
	own := strings.NewReplacer("/etc/prometheus/", p.path("etc")+"/", "=/prometheus", "="+p.path("data"))
	listening, stopPrometheus := p.starts("Listening on", pod.Containers[0].Name,
		append(replaced(own, pod.Containers[0].Args), "--web.listen-address=127.0.0.1:0")...)
	address := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(listening())[1]

	awaitScrape(t, address, time.Now())
	p.outlives(string(first), running, func() { nextToken() })
	awaitScrape(t, address, time.Now())
	stopPrometheus()
	stopSidecar()
}

// replaced returns args with replacements.
func replaced(replacer *strings.Replacer, args []string) []string {
	var done []string
	for _, arg := range args {
		done = append(done, replacer.Replace(arg))
	}
	return done
}

// starts runs a program in the background. The first function it returns waits for the next line of standard error with
// a text, the second ends the program by SIGTERM, after which it has to exit with 0.
func (p *person) starts(text, name string, args ...string) (next func() string, stop func()) {
	p.t.Helper()
	cmd := p.command(name, args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	found := make(chan string, 1000)
	var all []string
	go func() {
		defer close(found)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			all = append(all, lines.Text())
			if strings.Contains(lines.Text(), text) {
				found <- lines.Text()
			}
		}
	}()
	next = func() string {
		p.t.Helper()
		line, ok := <-found
		if !ok {
			p.t.Fatalf("%s ended without %q:\n%s", name, text, strings.Join(all, "\n"))
		}
		return line
	}
	return next, func() {
		p.t.Helper()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Error(err)
		}
		for range found { // until its end
		}
		if err := cmd.Wait(); err != nil {
			p.t.Errorf("%s after SIGTERM: %v\n%s", name, err, strings.Join(all, "\n"))
		}
	}
}

// awaitScrape waits for Prometheus to have scraped a target with success after a time.
func awaitScrape(t *testing.T, address string, after time.Time) {
	t.Helper()
	var last string
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet,
				"http://"+address+"/api/v1/query?query="+url.QueryEscape(`timestamp(up{job="edge"} == 1)`), nil)
			if err != nil {
				return false, err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				last = err.Error()
				return false, nil // not ready yet
			}
			defer response.Body.Close()
			var answer struct {
				Data struct {
					Result []struct{ Value [2]any }
				}
			}
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Data.Result) != 1 {
				last = response.Status
				return false, nil
			}
			text, _ := answer.Data.Result[0].Value[1].(string)
			last = text
			seconds, err := strconv.ParseFloat(text, 64)
			return seconds > float64(after.UnixMilli())/1000, err
		})
	if err != nil {
		t.Errorf("the target is not up: %v, %s", err, last)
	}
}
