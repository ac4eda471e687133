// A field filters the rows of all tables of its page.
for (const field of document.querySelectorAll("input[data-filter]"))
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.querySelectorAll("article tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });

// A link to the glossary shows what the term means while the pointer or the focus is on it.
tippy("a[data-card]", {
  content: (link) => link.dataset.card,
  maxWidth: "22rem",
  interactive: true,
  onMount: (card) => window.MathJax?.typesetPromise?.([card.popper]),
});

// What scrolls sideways can be scrolled by keyboard, and the two drawers beside the text have names of their own.
for (const box of document.querySelectorAll("pre, .table-wrapper"))
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages of the course");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "Sections of this page");
