// Of what is asked in one place only the latest counts: a new question ends the one before.
import { Refusal } from './ask.js';

const PATIENCE = 400; // milliseconds after which it is said that it takes a moment

/** A function that runs job(signal), once it has ended the job before; what there is to say goes to the panel. */
export function latest(panel) {
  let current = new AbortController();
  return async (job) => {
    current.abort();
    const mine = (current = new AbortController());
    const slow = setTimeout(() => panel.isWaiting || panel.wait('One moment …'), PATIENCE);
    try {
      await job(mine.signal);
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      panel.refuse(error.message);
    } finally {
      clearTimeout(slow);
    }
  };
}
