package main

import (
	"fmt"
	"html"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth = 860
	labelWidth = 430
	scaleWidth = 340
	rowHeight  = 46
	headHeight = 64
)

// chart draws the ratios as bars with their quartiles, and the bounds as lines across them.
func chart(results []result) []byte {
	var ratios []result
	largest := 1.0
	for _, r := range results {
		if r.unit == "×" {
			ratios = append(ratios, r)
			largest = max(largest, r.spread.high, r.bound)
		}
	}
	x := func(v float64) float64 { return labelWidth + v/(largest*1.05)*scaleWidth }
	height := headHeight + rowHeight*len(ratios) + 36
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"
  font-family="system-ui, sans-serif" font-size="13">
<title>Ratios to peers, with their bounds</title>
<rect width="100%%" height="100%%" fill="#fff"/>
<text x="16" y="28" font-size="17" font-weight="600"
  fill="#1f2328">Measured side by side: ratio to the peer, less is better</text>
<g font-size="12" fill="#59636e"><rect x="16" y="40" width="22" height="10" fill="#2f6fb5"/>
  <text x="44" y="49">median</text>`+
		`<path d="M104 45h22M104 41v8M126 41v8" stroke="#1f2328" fill="none"/><text x="132" y="49">quartiles</text>`+
		`<path d="M202 38v14" stroke="#cf222e" stroke-width="2"/><text x="210" y="49">bound</text></g>
`, chartWidth, height, chartWidth, height)
	for v := 0.0; v <= largest*1.05; v += step(largest) {
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#d1d9e0"/><text x="%.1f" y="%d" text-anchor="middle" `+
			`font-size="11" fill="#59636e">%s</text>`+"\n",
			x(v), headHeight, height-28, x(v), height-12, figure(v))
	}
	for i, r := range ratios {
		y := headHeight + rowHeight*i
		fmt.Fprintf(&b, `<text x="16" y="%d" fill="#1f2328">%s</text><text x="16" y="%d" font-size="11" `+
			`fill="#59636e">against %s</text>`+"\n",
			y+19, html.EscapeString(r.what), y+34, html.EscapeString(r.against))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="20" fill="#2f6fb5"/>`, labelWidth, y+12,
			x(r.spread.median)-labelWidth)
		fmt.Fprintf(&b, `<path d="M%.1f %dH%.1fM%.1f %dv8M%.1f %dv8" stroke="#1f2328" fill="none"/>`,
			x(r.spread.low), y+22, x(r.spread.high), x(r.spread.low), y+18, x(r.spread.high), y+18)
		if r.bound > 0 {
			fmt.Fprintf(&b, `<path d="M%.1f %dv28" stroke="#cf222e" stroke-width="2"/>`, x(r.bound), y+8)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#1f2328" font-weight="600">%s</text>`+"\n",
			max(x(r.spread.high), x(r.bound))+8, y+27, figure(r.spread.median))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// step is the distance of the grid's lines for a scale up to largest.
func step(largest float64) float64 {
	if largest > 3 {
		return 1
	}
	return 0.25
}
