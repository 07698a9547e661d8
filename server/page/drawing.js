// A picture drawn by mouse, finger or pen. It is sent while it grows.
import { saveAs } from './files.js';

const NAME = 'drawing.png';
const STROKE = 1 / 14; // width of a stroke as a share of the canvas
const INTERVAL = 120; // milliseconds between two requests while a stroke grows

/**
 * Set up the section's drawing area, if it has one.
 *
 * changed(): a stroke grows. drawn(file): the drawing as it is now. cleared(): the button was pressed.
 */
export function drawing(section, { changed, drawn, cleared }) {
  const canvas = section.querySelector('.drawing');
  if (!canvas) return;
  let timer = 0;
  let sheet = 0; // clearing starts a new sheet; a drawing of an old one is dropped
  const paint = takeStrokes(canvas, () => {
    canvas.parentElement.classList.remove('blank');
    changed();
    timer ||= setTimeout(send, INTERVAL);
  });

  async function send() {
    timer = 0;
    const sent = sheet;
    const file = await png(canvas);
    if (sent === sheet) drawn(file);
  }

  function clear() {
    clearTimeout(timer);
    timer = 0;
    sheet += 1;
    canvas.parentElement.classList.add('blank');
    paint();
  }

  section.querySelector('.clear').addEventListener('click', () => {
    clear();
    changed();
    cleared();
  });
  section.querySelector('.keep').addEventListener('click', async () => saveAs(await png(canvas)));
  section.addEventListener('pictures', clear);
  paint();
}

/** Draw white strokes on black; changed() is called while a stroke grows. Returns a function that clears the canvas. */
function takeStrokes(canvas, changed) {
  const pen = canvas.getContext('2d');
  let last = null;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return [scale * (event.clientX - box.left), scale * (event.clientY - box.top)];
  }

  function draw(event) {
    if (!last) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) {
      const next = place(step);
      line(pen, last, next);
      last = next;
    }
    changed();
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(pen, last, last);
    changed();
  });
  canvas.addEventListener('pointermove', draw);
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (last = null));

  return () => {
    pen.fillStyle = 'black';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { strokeStyle: 'white', lineCap: 'round', lineJoin: 'round', lineWidth: STROKE * canvas.width });
  };
}

function line(pen, from, to) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}

const png = (canvas) => new Promise((resolve) => {
  canvas.toBlob((blob) => resolve(new File([blob], NAME, { type: 'image/png' })));
});
