// Marks of deployments on the chart of latencies, drawn on uPlot's canvas.
import { shortVersion } from '../lib/timeline.js';

const padding = 5; // px around a label
const longest = 16; // characters of a label

// drawMarks draws a line for each deployment, and its version where there is room: the newest
// come first. deployments are those of the API; the rest are colors and the font.
export function drawMarks(plot, deployments, { font, line, ground, text }) {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  let room = bbox.left + bbox.width; // up to where a label may reach
  ctx.save();
  ctx.font = font.replace(/^(\d+)px/, (_, size) => `${size * scale}px`);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.lineWidth = scale;
  for (const { deployed_at: at, version } of deployments) {
    const x = Math.round(plot.valToPos(Date.parse(at) / 1000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = line;
    ctx.setLineDash([2 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const words = label(version);
    const width = ctx.measureText(words).width + 2 * padding * scale;
    const left = Math.max(bbox.left, Math.min(x - width / 2, bbox.left + bbox.width - width));
    if (left + width > room) continue;
    room = left - padding * scale;
    const height = 18 * scale;
    ctx.setLineDash([]);
    ctx.fillStyle = ground;
    ctx.fillRect(left, bbox.top, width, height);
    ctx.strokeRect(left, bbox.top, width, height);
    ctx.fillStyle = text;
    ctx.fillText(words, left + padding * scale, bbox.top + height / 2);
  }
  ctx.restore();
}

function label(version) {
  const short = shortVersion(version);
  return short.length > longest ? `${short.slice(0, longest - 1)}…` : short;
}
