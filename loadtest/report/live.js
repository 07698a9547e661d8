// Show the run's page as it grows, until the report replaces it. The server answers when there is something new.
const live = document.getElementById("live");
const narrow = matchMedia("(max-width: 720px)");
const RETRIES = 3; // a second apart, before the command counts as ended
let shown = 0, failures = 0, pointer = null, request = new AbortController();

function say(text) {
  if (live.textContent !== text) live.textContent = text;
}

// A hidden page waits for the report alone, so that nothing is drawn for nobody.
function url() {
  return document.hidden ? "report" : `next?after=${shown}&layout=${narrow.matches ? "narrow" : "wide"}`;
}

async function show(text) {
  while (!getSelection().isCollapsed) await new Promise((done) => setTimeout(done, 500));
  const page = new DOMParser().parseFromString(text, "text/html"), main = document.querySelector("main");
  const open = main.querySelector("details")?.open;
  document.title = page.title;
  main.replaceWith(document.adoptNode(page.querySelector("main")));
  if (open) document.querySelector("details").open = true;
  followPointer();
  if (pointer) document.elementFromPoint(pointer.clientX, pointer.clientY)?.dispatchEvent(pointer);
}

async function follow() {
  for (;;) {
    request = new AbortController();
    try {
      const response = await fetch(url(), { signal: request.signal });
      const ended = response.headers.get("X-Run") === "ended";
      if (!response.ok) return say("The run has ended without a report. The terminal says why.");
      await show(await response.text());
      shown = Number(response.headers.get("X-Number"));
      failures = 0;
      if (ended) return say(`The run has ended, and this address with it. The report is ${live.dataset.report}`);
      say("Live: this page fills in, and becomes the report at the end.");
    } catch (error) {
      if (error.name === "AbortError") continue;
      if (++failures <= RETRIES) {
        await new Promise((done) => setTimeout(done, 1000));
        continue;
      }
      const state = shown ? "What you see is its last state before that. " : "";
      return say(`The command has ended. ${state}If there is a report, it is ${live.dataset.report}`);
    }
  }
}

document.addEventListener("visibilitychange", () => request.abort());
narrow.addEventListener("change", () => { shown = 0; request.abort(); });
document.addEventListener("pointermove", (event) => {
  if (event.isTrusted) pointer = new PointerEvent("pointermove", { clientX: event.clientX, clientY: event.clientY, bubbles: true });
});
follow();
