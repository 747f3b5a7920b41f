// The signature that was sent before stands in a hidden field; here it becomes the chosen file again, so that page-hash finds
// it and the document need not leave the computer. Without this script the server takes the hidden field.
const carried = document.querySelector("input[name=signature]");
const file = document.querySelector("input[type=file][name=file]");

if (carried && file) {
  const bytes = Uint8Array.from(atob(carried.value), (c) => c.charCodeAt(0));
  const name = document.querySelector("input[name=signature-name]").value;
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "application/pkcs7-signature" }));
  // The kit's module says what is chosen once it has run.
  addEventListener("load", () => {
    file.files = data.files;
    file.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
