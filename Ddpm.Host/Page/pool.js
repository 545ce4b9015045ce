// Several workers make images side by side. A request waits until one is free.

class Pool {
  constructor(description, bytes, code) {
    this.queue = [];
    this.jobs = new Map();
    this.number = 0;
    this.fast = null;
    const count = Math.max(1, Math.min(4, navigator.hardwareConcurrency ?? 2));
    this.workers = [...Array(count)].map(() => this.start(description, bytes, code));
  }

  start(description, bytes, code) {
    const worker = { busy: true };
    const receive = message => this.receive(worker, message);
    try {
      const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), real = new Worker(url);
      real.onmessage = event => receive(event.data);
      real.onerror = event => console.error(event.message);
      worker.post = message => real.postMessage(message);
    } catch {
      worker.post = imageServer(receive); // in the page itself
    }
    worker.post({ description, bytes });
    return worker;
  }

  /** Makes an image. onStep receives each step. The promise ends with the last step, or null if the image was stopped. */
  run(request, onStep = () => {}) {
    return new Promise(resolve => {
      this.queue.push({ job: this.number++, request, onStep, resolve, last: null });
      this.next();
    });
  }

  /** Stops all images of a purpose, so that newer ones begin at once. */
  stop(purpose) {
    const stopped = job => job.request.purpose === purpose;
    this.queue.filter(stopped).forEach(job => job.resolve(null));
    this.queue = this.queue.filter(job => !stopped(job));
    for (const [worker, job] of this.jobs) {
      if (stopped(job)) {
        job.stopped = true;
        worker.post({ stop: job.job });
      }
    }
  }

  next() {
    for (const worker of this.workers) {
      if (worker.busy || this.queue.length === 0) continue;
      const job = this.queue.shift();
      worker.busy = true;
      this.jobs.set(worker, job);
      worker.post({ job: job.job, request: job.request });
    }
  }

  receive(worker, message) {
    if (message.ready) {
      this.fast = message.fast;
    } else {
      const job = this.jobs.get(worker);
      if (message.step) {
        job.last = message.step;
        if (!job.stopped) job.onStep(message.step);
        return;
      }
      this.jobs.delete(worker);
      job.resolve(job.stopped ? null : job.last);
    }
    worker.busy = false;
    this.next();
  }
}
