/** The looks of a report, light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #fff; --ink: #1d2129; --quiet: #6a7180; --rule: #e4e2dd; --good: #1a7f4b; --bad: #c0362c;
  --raw: #9aa0ab; --mqttjs: #e07b1f; --mqttjs-silent: #f2b277; --aws-crt: #3f9c6d; --u8-mqtt: #9a62c7;
  --gneiss: #1f5fd0; --gneiss-inline: #7aa7f0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1c1f25; --ink: #e6e8ec; --quiet: #98a0ae; --rule: #30343c; --good: #56c98b; --bad: #ff7b70;
    --raw: #7d8490; --mqttjs: #f0964a; --mqttjs-silent: #a8703f; --aws-crt: #5cc08e; --u8-mqtt: #b98be0;
    --gneiss: #6ea2ff; --gneiss-inline: #42639d;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1060px; padding: 40px 24px 80px; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 44px 0 4px; }
h3 { font-size: 15px; margin: 22px 0 2px; }
p { margin: 0 0 12px; color: var(--quiet); max-width: 100ch; }
.card, details { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 18px; margin: 10px 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 22px 0; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 16px; color: var(--quiet); }
.tile b { display: block; color: var(--ink); font-size: 25px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.facts { display: flex; flex-wrap: wrap; gap: 2px 22px; color: var(--quiet); font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--quiet); margin-bottom: 6px; }
.legend span::before { content: ''; display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin-right: 6px; vertical-align: -1px;
  background: var(--colour); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 12px; }
svg .label { text-anchor: end; fill: var(--ink); font-size: 12.5px; }
svg .tick { text-anchor: middle; }
svg .unit { text-anchor: end; font-style: italic; }
.grid { stroke: var(--rule); }
.span { stroke: var(--rule); stroke-width: 3; }
.whisker { stroke: var(--colour); stroke-width: 2.5; opacity: 0.55; }
.dot { fill: var(--colour); stroke: var(--card); stroke-width: 1.5; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { color: var(--quiet); font-weight: 500; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody tr:last-child td { border-bottom: 0; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
summary { cursor: pointer; } summary span { color: var(--quiet); margin-left: 8px; font-size: 13px; }
details table { margin-top: 10px; }
`;
