// The camera, where the browser reads codes by itself (Barcode Detection API); elsewhere a picture is sent.

const form = document.querySelector("form.scan");
const picture = form.elements.picture;
const finder = document.querySelector(".viewfinder");

// A chosen picture goes at once.
picture.addEventListener("change", () => picture.files.length && form.requestSubmit());
form.querySelector("[data-after-choice]").hidden = true;

async function readsCodes() {
  if (!("BarcodeDetector" in window)) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

async function look() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = finder.querySelector("video");
  video.srcObject = stream;
  finder.hidden = false;
  await video.play();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  while (!finder.hidden) {
    const [found] = await detector.detect(video);
    if (found) {
      finder.hidden = true;
      for (const track of stream.getTracks()) track.stop();
      picture.required = false;
      form.elements.qr.value = found.rawValue;
      form.requestSubmit();
    }
    await new Promise((done) => setTimeout(done, 150));
  }
}

// Without a camera, or without leave to use it, the picture is there.
if (await readsCodes()) look().catch(() => (finder.hidden = true));
