package main

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
)

// plain is how the chart calls a row of the table, for people who have not read the page.
type plain struct{ what, against string }

// shown are the rows of the table that the chart shows, by their two names, in its order.
var shown = []struct {
	row   [2]string
	plain plain
}{
	{[2]string{warm, "kubelogin, warm"}, plain{"A credential from the cache", "kubelogin"}},
	{[2]string{warm, "gke-gcloud-auth-plugin, warm"}, plain{"A credential from the cache",
		"gke-gcloud-auth-plugin"}},
	{[2]string{warm, bareProgram}, plain{"A credential from the cache", "a Go program that only prints"}},
	{[2]string{"kubectl get --raw /version: wall", "kubectl with that bare program as helper"},
		plain{"kubectl get, with the helper", "kubectl get, with that Go program"}},
	{[2]string{"helper, on a miss" + systemRoots, "stackit beta edge-cloud token create, the same"},
		plain{"A credential, newly minted", "STACKIT CLI: token create"}},
	{[2]string{"kubectl edge instance list" + systemRoots, "stackit beta edge-cloud instance list, the same"},
		plain{"kubectl edge instance list", "STACKIT CLI: instance list"}},
	{[2]string{"helper, warm: memory of its own", bareProgram}, plain{"Memory for a credential",
		"a Go program that only prints"}},
}

// The chart's measures, in pixels.
const (
	chartWidth = 860
	labelWidth = 290
	scaleWidth = 330 // the figures stand behind it
	rowHeight  = 50
	headHeight = 112
	footHeight = 44
)

// style has the colours of GitHub's pages, in which the chart is seen, for light and dark.
const style = `<style>
  svg { --page: #fff; --text: #1f2328; --soft: #59636e; --grid: #d1d9e0; --ours: #1f6feb; --bound: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --text: #f0f6fc; --soft: #9198a1; --grid: #3d444d; --ours: #4493f8; --bound: #f0883e }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--text) }
  .title { font-size: 17px; font-weight: 600 }
  .soft { font-size: 12px; fill: var(--soft) }
  .bold { font-weight: 600 }
  .grid { stroke: var(--grid) }
  .same { stroke: var(--text); stroke-width: 2 }
  .bound { stroke: var(--bound); stroke-width: 2; stroke-dasharray: 4 3 }
  .ours { fill: var(--ours) }
</style>
`

// chart draws the ratios as bars beside a line at 1, with the figures behind them.
func chart(results []result) []byte {
	var rows []result
	var figures []string
	largest := 1.0
	for _, s := range shown {
		i := slices.IndexFunc(results, func(r result) bool { return r.what == s.row[0] && r.against == s.row[1] })
		if i < 0 {
			continue // of a run that did not measure it
		}
		r := results[i]
		r.what, r.against = s.plain.what, s.plain.against
		// The bars are as long as the table says, which has fewer digits than what was measured.
		figures = append(figures, r.median())
		r.spread.median, _ = strconv.ParseFloat(r.median(), 64)
		rows = append(rows, r)
		largest = max(largest, r.spread.median, r.bound)
	}
	x := func(v float64) float64 { return labelWidth + v/(largest*1.02)*scaleWidth }
	bottom := headHeight + rowHeight*len(rows)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
<title>kubectl edge beside its peers: less is better</title>
%s<rect width="100%%" height="100%%" rx="6" style="fill: var(--page)"/>
<text class="title" x="16" y="30">kubectl edge beside its peers: shorter is better</text>
<text class="soft" x="16" y="52">The bar is what kubectl edge takes, as a share of what the other program takes.</text>
<path class="bound" d="M20 62v16"/><text class="soft" x="32" y="75">the most that we allow ourselves</text>
`, chartWidth, bottom+footHeight, chartWidth, bottom+footHeight, style)
	for v := 0.0; v <= largest*1.02; v += 0.25 {
		if v != 1 {
			fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dV%d"/><text class="soft" x="%.1f" y="%d" `+
				`text-anchor="middle">%s</text>`+"\n", x(v), headHeight, bottom, x(v), bottom+18, figure(v))
		}
	}
	for i, r := range rows {
		y := headHeight + rowHeight*i
		fmt.Fprintf(&b, `<text class="bold" x="16" y="%d">%s</text><text class="soft" x="16" y="%d">beside `+
			`%s</text>`+"\n",
			y+22, html.EscapeString(r.what), y+39, html.EscapeString(r.against))
		fmt.Fprintf(&b, `<rect class="ours" x="%d" y="%d" width="%.1f" height="22" rx="2"/>`, labelWidth, y+14,
			x(r.spread.median)-labelWidth)
		if r.bound > 0 {
			fmt.Fprintf(&b, `<path class="bound" d="M%.1f %dv34"/>`, x(r.bound), y+8)
		}
		own, peer := middle(r.own), middle(r.peer)
		fmt.Fprintf(&b, `<text x="%d" y="%d"><tspan class="bold">%s ×</tspan></text>`+
			`<text class="soft" x="%d" y="%d">%s instead of %s</text>`+"\n",
			labelWidth+scaleWidth+20, y+22, figures[i], labelWidth+scaleWidth+20, y+39,
			html.EscapeString(own), html.EscapeString(peer))
	}
	// On top of the bars, since it is what they are read by.
	fmt.Fprintf(&b, `<path class="same" d="M%.1f %dV%d"/><text class="bold" x="%.1f" y="%d" text-anchor="middle">`+
		`the same (1.0)</text>`+"\n", x(1), headHeight-6, bottom+4, x(1), headHeight-12)
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// middle is the median of a figure with its quartiles, with the unit: of "2.01 (1.82 to 2.30) ms", "2.01 ms".
func middle(figures string) string {
	median, rest, ok := strings.Cut(figures, " (")
	if !ok {
		return figures
	}
	_, unit, _ := strings.Cut(rest, ")")
	return median + unit
}
