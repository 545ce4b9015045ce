// Several workers make images side by side.

class Pool {
  /** @param fail is called with the reason if the model cannot run */
  constructor(description, bytes, code, fail) {
    this.fail = fail;
    this.jobs = new Map();
    this.number = 0;
    this.fast = null;
    const count = Math.max(1, Math.min(4, navigator.hardwareConcurrency ?? 2));
    this.workers = [...Array(count)].map(() => this.start(description, bytes, code));
  }

  start(description, bytes, code) {
    const worker = { jobs: 0 };
    try {
      const real = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
      real.onmessage = event => this.receive(event.data);
      real.onerror = event => this.fail(event.message ?? 'the browser does not start workers');
      worker.post = message => real.postMessage(message);
    } catch {
      worker.post = imageServer(message => this.receive(message)); // in the page itself
    }
    worker.post({ description, bytes });
    return worker;
  }

  /** Makes an image. onStep receives each step. The promise gives the last step, or null if the image was stopped. */
  run(request, onStep = () => {}) {
    return new Promise(resolve => {
      const worker = this.workers.reduce((least, other) => other.jobs < least.jobs ? other : least), job = this.number++;
      worker.jobs++;
      this.jobs.set(job, { worker, purpose: request.purpose, onStep, resolve, last: null });
      worker.post({ job, request });
    });
  }

  /** Stops all images of a purpose, so that newer ones are not slowed down. */
  stop(purpose) {
    for (const [number, job] of [...this.jobs]) {
      if (job.purpose !== purpose) continue;
      job.worker.post({ stop: number });
      this.end(number, null);
    }
  }

  receive(message) {
    if (message.ready) {
      this.fast = message.fast;
      return;
    }
    if (message.failed) {
      this.fail(message.failed);
      return;
    }
    const job = this.jobs.get(message.job);
    if (!job) return; // it was stopped
    if (message.finished) {
      this.end(message.job, job.last);
    } else {
      job.last = message.step;
      job.onStep(message.step);
    }
  }

  end(number, last) {
    const job = this.jobs.get(number);
    this.jobs.delete(number);
    job.worker.jobs--;
    job.resolve(last);
  }
}
