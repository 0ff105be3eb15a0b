// The task token comes in the fragment, which no server sees; it leaves the address bar at once.
"use strict";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname + location.search);
if (token) {
  document.getElementById("token").value = token;
  document.getElementById("arrive").submit();
} else {
  document.getElementById("waiting").hidden = true;
  document.getElementById("missing").hidden = false;
}
