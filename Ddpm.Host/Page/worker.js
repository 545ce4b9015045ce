// A worker runs this script too. It makes images and sends each step.

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  let model;
  globalThis.onmessage = ({ data }) => {
    if (data.description) {
      model = new Model(data.description, data.bytes, data.plain);
      globalThis.postMessage({ ready: true, fast: model.network.fast });
      return;
    }
    for (const step of model.sample({ ...data.request, plan: model.description.plans[data.request.plan].plan })) {
      globalThis.postMessage({ job: data.job, step });
    }
    globalThis.postMessage({ job: data.job, finished: true });
  };
}
