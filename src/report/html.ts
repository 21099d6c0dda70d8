import page from '#report-page';
import type { ReportData } from './data.js';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** JSON that may stand in a script element: no `<` is left to end it. Eight digits are more than a picture shows. */
export const embedJson = (data: unknown): string =>
  JSON.stringify(data, (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value,
  ).replace(/</g, '\\u003c');

/** Nothing is fetched; Vega compiles its expressions, hence unsafe-eval. */
export const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:";

/** One page that holds all it needs: the data, the code that draws it, its looks. */
export function html(report: ReportData, { policy = POLICY, start = 'page()' } = {}): string {
  const title = escapeHtml(report.title);
  return `<!doctype html>
<!-- Drawn with tfjs-vis (Apache-2.0), Vega (BSD-3-Clause), Observable Plot and D3 (ISC): their notices are in the package tfjs-latent. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${page.style}${page.pictures}</style>
</head>
<body>
<header><h1>${title}</h1><p>${escapeHtml(report.text)}</p></header>
<main></main>
<noscript><p>The pictures are drawn by the page's own script: it needs JavaScript.</p></noscript>
<script type="application/json" id="report">${embedJson(report)}</script>
<script>${page.vis}</script>
<script>${page.draw}</script>
<script>tfjsLatentReport.${start}</script>
</body>
</html>
`;
}
