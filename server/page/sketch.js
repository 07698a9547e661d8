// A digit is asked about while it is drawn.
import { drawable } from './drawing.js';
import { saveAs } from './save.js';

const NAME = 'digit.png';
const BETWEEN = 120; // milliseconds from one question to the next, while a stroke grows

/** Whether a warning is of the drawing's form, which is the page's doing. */
export const isOfForm = (warning) => warning.includes('not 28 × 28');

/** begun(): the drawing grows; drawn(file): as it is now; cleared(): by the button. */
export function sketch(section, { begun, drawn, cleared }) {
  const canvas = section.querySelector('.drawing');
  if (!canvas) return;
  let waiting = 0;
  let sheet = 0; // clearing takes a new one
  const clear = drawable(canvas, () => {
    canvas.parentElement.classList.remove('blank');
    begun();
    waiting ||= setTimeout(tell, BETWEEN);
  });

  async function tell() {
    waiting = 0;
    const own = sheet;
    const drawing = await png(canvas);
    if (own === sheet) drawn(drawing);
  }

  function empty() {
    clearTimeout(waiting);
    waiting = 0;
    sheet += 1;
    canvas.parentElement.classList.add('blank');
    clear();
  }

  section.querySelector('.clear').addEventListener('click', () => {
    empty();
    begun();
    cleared();
  });
  section.querySelector('.keep').addEventListener('click', async () => saveAs(await png(canvas)));
  section.addEventListener('pictures', empty);
  clear();
}

const png = (canvas) => new Promise((resolve) => {
  canvas.toBlob((blob) => resolve(new File([blob], NAME, { type: 'image/png' })));
});
