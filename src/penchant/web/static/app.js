// What scripts add: dropping, progress while sending, progress while pictures are looked at. Without them forms do the same.
"use strict";

const base = document.body.dataset.base;

function byId(id) {
  return document.getElementById(id);
}

// Says a line to screen readers, not at every step: at most each five seconds, or when it matters.
function speaker(element) {
  let last = 0;
  return (text, now = false) => {
    if (!now && performance.now() - last < 5000) return;
    last = performance.now();
    element.textContent = text;
  };
}

// ---- sending

const PREVIEWS = 8;
const form = byId("upload");
if (form) {
  const zone = byId("zone");
  const pickers = [byId("files"), byId("folder")];
  const spoken = speaker(byId("upload-spoken"));
  const title = document.title;
  let dropped = []; // [file, name with its folders]
  let request = null;

  const chosen = () => [
    ...dropped,
    ...pickers.flatMap((picker) => [...picker.files].map((file) => [file, file.webkitRelativePath || file.name])),
  ];

  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

  const preview = (files) => {
    const strip = byId("strip");
    for (const image of strip.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    strip.replaceChildren();
    for (const [file] of files.filter(([file]) => file.type.startsWith("image/")).slice(0, PREVIEWS)) {
      const item = document.createElement("li");
      const image = document.createElement("img");
      image.width = image.height = 56;
      image.alt = "";
      image.decoding = "async";
      image.addEventListener("error", () => item.remove()); // a kind that this browser can't show
      image.src = URL.createObjectURL(file);
      item.append(image);
      strip.append(item);
    }
  };

  const tell = () => {
    const files = chosen();
    const bytes = files.reduce((sum, [file]) => sum + file.size, 0);
    const count = `${files.length.toLocaleString("en")} ${files.length === 1 ? "file" : "files"}`;
    byId("chosen").textContent = files.length ? `${count} chosen, ${size(bytes)}` : "";
    byId("clear").hidden = !files.length;
    if (files.length) byId("upload-problem").hidden = true;
    preview(files);
  };

  const show = (sending) => {
    byId("choosing").hidden = sending;
    byId("sending").hidden = !sending;
    if (sending) byId("sending-title").focus();
    else document.title = title;
  };

  const refuse = (text) => {
    show(false);
    const problem = byId("upload-problem");
    problem.textContent = text;
    problem.hidden = false;
    problem.scrollIntoView({ block: "nearest" });
  };

  // The entries of a dropped folder come in pieces; [] says that there are no more.
  const read = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));
  const walk = async (entry) => {
    if (entry.isFile) {
      dropped.push([await fileOf(entry), entry.fullPath.replace(/^\//, "")]);
      return;
    }
    const reader = entry.createReader();
    for (let entries = await read(reader); entries.length; entries = await read(reader)) {
      for (const inner of entries) await walk(inner);
    }
  };

  // A picture dropped beside the zone must not take the place of the page: all of the page takes it.
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  document.addEventListener("drop", async (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.remove("over");
    if (request) return;
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...event.dataTransfer.files];
    try {
      if (entries.length) for (const entry of entries) await walk(entry);
      else dropped.push(...files.map((file) => [file, file.name]));
    } catch {
      refuse("One of these could not be read: choose them with the buttons instead.");
    }
    tell();
  });
  for (const picker of pickers) {
    picker.addEventListener("change", () => {
      tell();
      if (picker.files.length) byId("send").scrollIntoView({ block: "nearest" });
    });
  }
  byId("clear").addEventListener("click", () => {
    dropped = [];
    for (const picker of pickers) picker.value = "";
    tell();
    pickers[0].focus();
  });
  byId("cancel").addEventListener("click", () => request?.abort());

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (request) return;
    const samples = event.submitter?.name === "samples";
    const files = samples ? [] : chosen();
    const url = form.elements.url?.value.trim();
    if (!samples && !files.length && !url) {
      refuse("Choose some pictures first, a folder or a zip archive.");
      return;
    }
    const data = new FormData(form);
    data.delete("pictures");
    const keywords = form.querySelector("input[type=checkbox][name=keywords]").checked;
    data.delete("keywords");
    data.append("keywords", keywords ? "1" : "0");
    if (samples) data.append("samples", "1");
    for (const [file, name] of files) data.append("pictures", file, name);

    byId("upload-problem").hidden = true;
    byId("upload-bar").value = 0;
    show(true);
    request = new XMLHttpRequest();
    request.responseType = "json";
    const over = (text) => {
      request = null;
      if (text) refuse(text);
      else show(false);
    };
    request.upload.addEventListener("progress", (step) => {
      const percent = step.total ? Math.floor((100 * step.loaded) / step.total) : 0;
      const text = percent < 100 ? `${size(step.loaded)} of ${size(step.total)} sent` : "All is sent; looking through it …";
      byId("upload-bar").value = percent;
      byId("upload-said").textContent = text;
      document.title = `${percent} % sent – Penchant`;
      spoken(text, percent === 100);
    });
    request.addEventListener("load", () => {
      if (request.status === 202) location.assign(request.response.links.page);
      else over(request.response?.detail ?? "That didn't work: try again in a moment.");
    });
    request.addEventListener("error", () => over("The connection was lost, or that was too much at once. Try again."));
    request.addEventListener("abort", () => over(""));
    request.open("POST", `${base}/api/jobs`);
    request.send(data);
  });
  // Back from the result, a browser may show this page as it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    request = null;
    show(false);
  });
  tell(); // of files that a browser kept over a reload
}

// ---- waiting

const progress = byId("progress");
if (progress) {
  const spoken = speaker(byId("spoken"));
  const stream = byId("stream");
  const shown = new Set();
  const source = new EventSource(`${base}/api/jobs/${progress.dataset.job}/events`);

  const add = (number) => {
    if (shown.has(number)) return;
    shown.add(number);
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.width = image.height = 76;
    image.alt = "";
    image.src = `${base}/jobs/${progress.dataset.job}/seen/${number}.jpg`;
    item.append(image);
    stream.append(item);
    while (stream.children.length > 12) stream.firstElementChild.remove();
  };

  source.addEventListener("progress", (event) => {
    const job = JSON.parse(event.data);
    byId("bar").max = Math.max(1, job.total);
    byId("bar").value = job.done;
    byId("said").textContent = job.said;
    spoken(job.said, job.finished);
    if (job.state === "running") {
      byId("doing").textContent = "Looking at your pictures";
      byId("turns").hidden = true;
      document.title = `${job.done} of ${job.total} – Penchant`;
    }
    if (job.finished) {
      source.close();
      location.reload();
      return;
    }
    for (const number of job.newest) add(number);
  });
  source.addEventListener("gone", () => {
    source.close();
    location.reload();
  });
  // A lost connection is taken up again by the browser; one that was refused is not: then the page looks again itself.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  });
}

// ---- what an address points to is open

function reveal() {
  const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
window.addEventListener("hashchange", reveal);
reveal();
