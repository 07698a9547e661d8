// Pictures that the server would refuse are made smaller, or converted, here. All others are sent as they are.
import { Refusal } from './request.js';

const MEGABYTE = 1e6;
const LARGEST = 200 * MEGABYTE; // a photo of 200 megapixels has about 60
const SIDES = [2000, 1400, 1000, 700, 500]; // pixels
const FORM_BYTES = 1024; // upper bound of what a form adds around a file
const SIGNATURES = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47]]; // of the formats that the server reads: JPEG, PNG
const LOSSY = /^image\/(jpeg|hei[cf]|avif)$/;

const maxBytes = Number(document.body.dataset.maxBytes) - FORM_BYTES;

/**
 * Return { picture, note }: what to send for the file, and what was done to it; '' if nothing was.
 *
 * A file that this browser cannot decode is sent as it is, because the server says best what is wrong. Throws Refusal.
 */
export async function fitting(file) {
  if (file.size > LARGEST) {
    throw new Refusal(`${file.name} has ${megabytes(file.size)} MB. The limit is ${megabytes(LARGEST)} MB.`);
  }
  const bytes = await read(file);
  const unchanged = { picture: new Blob([bytes], { type: file.type }), note: '' };
  const fits = bytes.byteLength <= maxBytes;
  if (fits && isReadByServer(bytes)) return unchanged;
  const smaller = await reduced(file);
  if (smaller) return smaller;
  if (fits) return unchanged;
  throw new Refusal(`${file.name} is too large to send, and this browser cannot make it smaller. Send a JPEG or PNG.`);
}

/** Return the file's picture with sides of at most 2,000 pixels, upright, as a PNG or JPEG; null if it is unreadable. */
export async function reduced(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (!bitmap) return null;
  try {
    for (const side of SIDES) {
      const picture = await encoded(bitmap, Math.min(1, side / Math.max(bitmap.width, bitmap.height)), file.type);
      if (picture.size <= maxBytes) return { picture, note: noteOn(bitmap, picture) };
    }
  } finally {
    bitmap.close();
  }
  throw new Refusal(`${file.name} is too large for the server, even at ${SIDES.at(-1)} pixels.`);
}

async function read(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Refusal(`${file.name} cannot be read. It may be a folder, or it may have been moved.`);
  }
}

function isReadByServer(bytes) {
  const start = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, 4));
  return SIGNATURES.some((signature) => signature.every((byte, place) => start[place] === byte));
}

/** Encode without loss if that fits and the file had none. A JPEG has no transparency, so the server could not see it. */
async function encoded(bitmap, scale, type) {
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, width, height);
  const pixels = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);
  const isOpaque = pixels.every((pixel) => pixel >>> 24 === 255);
  const png = isOpaque && LOSSY.test(type) ? null : await canvas.convertToBlob({ type: 'image/png' });
  const isTooLarge = !png || png.size > maxBytes;
  const best = isOpaque && isTooLarge ? await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 }) : png;
  return Object.assign(best, { width, height });
}

function noteOn(from, to) {
  if (from.width === to.width) return `Converted to ${to.type === 'image/png' ? 'PNG' : 'JPEG'} before sending.`;
  return `Made smaller before sending: from ${from.width} × ${from.height} to ${to.width} × ${to.height} pixels.`;
}

const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0);
