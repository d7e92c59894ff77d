// What scripts add: dropping, progress while sending, progress while pictures are looked at. Without them forms do the same.
"use strict";

const base = document.body.dataset.base;

function byId(id) {
  return document.getElementById(id);
}

// ---- sending

const form = byId("upload");
if (form) {
  const zone = byId("zone");
  const pickers = [byId("files"), byId("folder")];
  const dropped = []; // [file, name with its folders]

  const chosen = () => [
    ...dropped,
    ...pickers.flatMap((picker) => [...picker.files].map((file) => [file, file.webkitRelativePath || file.name])),
  ];

  const tell = () => {
    const files = chosen();
    const bytes = files.reduce((sum, [file]) => sum + file.size, 0);
    const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
    byId("chosen").textContent = files.length
      ? `${files.length.toLocaleString("en")} ${files.length === 1 ? "file" : "files"} chosen, ${size}`
      : "";
  };

  const refuse = (text) => {
    const problem = byId("upload-problem");
    problem.textContent = text;
    problem.hidden = false;
    byId("upload-progress").hidden = true;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
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

  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) for (const entry of entries) await walk(entry);
    else dropped.push(...[...event.dataTransfer.files].map((file) => [file, file.name]));
    tell();
  });
  // A picture dropped beside the zone must not take the place of the page.
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  for (const picker of pickers) picker.addEventListener("change", tell);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
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
    byId("upload-progress").hidden = false;
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    const request = new XMLHttpRequest();
    request.responseType = "json";
    request.upload.addEventListener("progress", (step) => {
      const percent = step.total ? Math.floor((100 * step.loaded) / step.total) : 0;
      byId("upload-bar").value = percent;
      byId("upload-said").textContent = percent < 100 ? `Sending … ${percent} %` : "Sent; looking through it …";
    });
    request.addEventListener("load", () => {
      if (request.status === 202) location.assign(request.response.links.page);
      else refuse(request.response?.detail ?? "That didn't work: try again in a moment.");
    });
    request.addEventListener("error", () => refuse("The connection was lost, or that was too much at once. Try again."));
    request.open("POST", `${base}/api/jobs`);
    request.send(data);
  });
  tell();
}

// ---- waiting

const progress = byId("progress");
if (progress) {
  const source = new EventSource(`${base}/api/jobs/${progress.dataset.job}/events`);
  source.addEventListener("progress", (event) => {
    const job = JSON.parse(event.data);
    byId("bar").max = Math.max(1, job.total);
    byId("bar").value = job.done;
    byId("said").textContent = job.said;
    if (job.finished) {
      source.close();
      location.reload();
    }
  });
  source.addEventListener("gone", () => {
    source.close();
    location.reload();
  });
}

// ---- deleting asks once

for (const button of document.querySelectorAll("button.danger")) {
  button.form.addEventListener("submit", (event) => {
    if (!window.confirm("Delete everything of this now?")) event.preventDefault();
  });
}
