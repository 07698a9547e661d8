// White strokes on black, as the digits that the model was trained on, drawn by mouse, finger or pen.
const STROKE = 1 / 14; // of the canvas: two of a digit's 28 pixels

/** Makes the canvas one to draw on; changed() is called while a stroke grows. Returns how to clear it. */
export function drawable(canvas, changed) {
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
  return clear;

  function clear() {
    pen.fillStyle = 'black';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { strokeStyle: 'white', lineCap: 'round', lineJoin: 'round', lineWidth: STROKE * canvas.width });
  }
}

function line(pen, from, to) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}
