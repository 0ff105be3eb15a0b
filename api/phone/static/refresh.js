// The part of a page that changes by itself: fetched again every two seconds while somebody looks.

const part = document.querySelector("[data-refresh]");

async function renew() {
  if (!document.hidden) {
    try {
      const answer = await fetch(part.dataset.refresh);
      if (answer.ok && !answer.redirected) {
        const told = await answer.text();
        // Not while somebody is about to press what is in it.
        if (told !== part.dataset.told && !part.contains(document.activeElement)) {
          part.innerHTML = told;
          part.dataset.told = told;
        }
      }
    } catch {
      // no network for the moment: the next try may find one
    }
  }
  setTimeout(renew, 2000);
}

renew();
