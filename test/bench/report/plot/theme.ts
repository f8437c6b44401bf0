/** Colours for a light page, and for a dark one where the viewer prefers that. The plot has a ground of its own. */
export const STYLE = `
  .ground { fill: #ffffff; }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f; }
  .title { font-size: 17px; font-weight: 600; }
  .section { font-size: 13px; font-weight: 600; }
  .note, .small { fill: #57606a; }
  .small { font-size: 11px; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .one { stroke: #6e7781; stroke-width: 1; stroke-dasharray: 3 3; }
  .reached { fill: #2f6fb3; }
  .missed { fill: #c2631b; }
  .plain { fill: #8c959f; }
  .spread { stroke: #24292f; stroke-width: 1.2; }
  .goal { stroke: #24292f; stroke-width: 2.4; }
  .before { fill: #ffffff; stroke: #24292f; stroke-width: 1.3; }
  .line { fill: none; stroke: #2f6fb3; stroke-width: 2; }
  .old { fill: none; stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 4 3; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; }
    text { fill: #e6edf3; }
    .note, .small { fill: #9198a1; }
    .grid { stroke: #262c36; }
    .one { stroke: #7d8590; }
    .reached { fill: #4c94dd; }
    .missed { fill: #e08a43; }
    .plain { fill: #6e7681; }
    .spread, .goal { stroke: #e6edf3; }
    .before { fill: #0d1117; stroke: #e6edf3; }
    .line { stroke: #4c94dd; }
    .old { stroke: #6e7681; }
  }
`;

export const WIDTH = 960;
export const MARGIN = 24;
