/** How the HTML report looks. */
export const style: string = `
:root {
  --ground: #fbfbf9; --card: #ffffff; --ink: #1c1f23; --soft: #626a73; --line: #e3e4e0; --code: #f1f2ee;
  --error: #b3261e; --warning: #8f5b00; --info: #33658a; --fine: #2e6b3e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15171a; --card: #1d2024; --ink: #e8e9e6; --soft: #9aa2ab; --line: #30343a; --code: #272b30;
    --error: #ff8a80; --warning: #f0b95b; --info: #8fc1e8; --fine: #8fce9e;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 58rem; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 2.75rem 0 0.9rem; padding-bottom: 0.4rem; border-bottom: 1px solid var(--line); font-size: 1.15rem; }
h2 small { float: right; color: var(--soft); font-size: 0.85rem; font-weight: 400; line-height: 1.9; }
h3 { margin: 0 0 0.35rem; font-size: 1rem; }
p { margin: 0.35rem 0; }
.where, .code, .hint, footer, caption, .examples span { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
.tile { flex: 1 1 5rem; padding: 0.7rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }
.tile b { display: block; font-size: 1.9rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 0.9rem; }
.tile.error b { color: var(--error); } .tile.warning b { color: var(--warning); } .tile.info b { color: var(--info); }
.tile.none b { color: var(--fine); }
article { margin: 0.9rem 0; padding: 0.9rem 1.1rem; border: 1px solid var(--line); border-left: 4px solid var(--line);
  border-radius: 0.5rem; background: var(--card); overflow-wrap: anywhere; }
article.error { border-left-color: var(--error); } article.warning { border-left-color: var(--warning); }
article.info { border-left-color: var(--info); }
.mark { margin-right: 0.35rem; font-size: 0.75rem; font-weight: 700; letter-spacing: 0.05em; text-transform: uppercase; }
.error .mark { color: var(--error); } .warning .mark { color: var(--warning); } .info .mark { color: var(--info); }
code, pre, .print { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.86em; }
h3 code { font-size: 0.95em; }
pre { margin: 0.6rem 0; padding: 0.7rem 0.9rem; border-radius: 0.35rem; background: var(--code); white-space: pre-wrap; }
pre code { font-size: 0.82rem; }
.examples code { display: inline-block; margin: 0.1rem 0.25rem 0.1rem 0; padding: 0.05rem 0.4rem; border-radius: 0.25rem; background: var(--code); }
.examples span { margin-right: 0.25rem; font-size: 0.9rem; }
.code { margin-top: 0.6rem; font-size: 0.78rem; }
.fine { color: var(--fine); }
table { width: 100%; border-collapse: collapse; }
.tenants { margin: 0.6rem 0; max-width: 32rem; font-size: 0.9rem; }
.tenants caption { padding-bottom: 0.2rem; text-align: left; }
.tenants th { width: 1%; padding: 0.1rem 0.75rem 0.1rem 0; text-align: left; font-weight: 400; white-space: nowrap; }
.bar i { display: block; height: 0.6rem; border-radius: 0.15rem; background: var(--info); opacity: 0.75; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.number { width: 1%; padding-left: 1rem; }
.wide { overflow-x: auto; }
.rules { font-size: 0.88rem; }
.rules th { padding: 0.3rem 0.5rem 0.3rem 0; color: var(--soft); font-weight: 400; text-align: left; }
.rules th.number { text-align: right; padding: 0.3rem 0 0.3rem 1rem; }
.rules td { padding: 0.3rem 0.5rem 0.3rem 0; border-top: 1px solid var(--line); vertical-align: top; }
.rules td.number { padding: 0.3rem 0 0.3rem 1rem; }
footer { margin-top: 3rem; padding-top: 0.75rem; border-top: 1px solid var(--line); font-size: 0.85rem; }
@media print {
  :root { --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f4f4f4;
    --error: #b3261e; --warning: #8f5b00; --info: #33658a; --fine: #2e6b3e; }
  body { padding: 0; max-width: none; font-size: 11pt; }
  article, .tile { break-inside: avoid; }
  h2 { break-after: avoid; }
  article, .bar i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
