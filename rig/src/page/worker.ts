/** Starts a worker from the text of its script. */
export function startWorker(text: string): Worker {
  return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}
