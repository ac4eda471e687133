// What the course adds to JupyterLab. Written by hand in the form of a prebuilt extension, so it needs no build:
// - Validate is hidden in lessons, which have no tests, and says in exercises that hidden tests have not run;
// - a slider whose kernel is gone says so;
// - the home page is read again when it comes to the front, if it has changed.
(() => {
  const STYLE = `
    .gdcourse-lesson .jp-Toolbar-item:has(.validate-button) { display: none; }
    .gdcourse-no-kernel .jp-OutputArea-output:has(.jupyter-widgets)::after {
      content: "The kernel of this notebook has been shut down, so nothing here moves. Run > Run All Cells starts it again.";
      display: block; padding: 4px 8px; border-left: 3px solid var(--jp-warn-color1);
      color: var(--jp-content-font-color1); background: var(--jp-layout-color2);
    }`;
  const HIDDEN =
    "These are the visible tests. The hidden tests have not run: in a terminal, `gdcourse check --full` runs them.";
  const GONE = ["dead", "terminating", "unknown"];

  function markLesson(panel) {
    const cells = Array.from({ length: panel.model.cells.length }, (_, i) => panel.model.cells.get(i));
    panel.toggleClass("gdcourse-lesson", !cells.some((cell) => cell.getMetadata("nbgrader")));
  }

  function watchKernel(panel) {
    const session = panel.sessionContext;
    const look = () =>
      panel.toggleClass("gdcourse-no-kernel", !session.session?.kernel || GONE.includes(session.session.kernel.status));
    session.kernelChanged.connect(look);
    session.statusChanged.connect(look);
  }

  function explainSuccess() {
    for (const dialog of document.querySelectorAll(".nbgrader-SuccessDialog .validation-success")) {
      if (!dialog.querySelector(".gdcourse-hidden-tests")) {
        const told = document.createElement("p");
        told.className = "gdcourse-hidden-tests";
        told.textContent = HIDDEN;
        dialog.append(told);
      }
    }
  }

  async function readAgain(contents, context) {
    if (!context?.path?.endsWith("home.md") || !context.isReady || context.model.dirty) {
      return;
    }
    const now = await contents.get(context.path, { content: false });
    if (now.last_modified !== context.contentsModel?.last_modified) {
      await context.revert();
    }
  }

  function activate(app, tracker) {
    document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    new MutationObserver(explainSuccess).observe(document.body, { childList: true, subtree: false });
    tracker.widgetAdded.connect(async (_, panel) => {
      await panel.context.ready;
      markLesson(panel);
      watchKernel(panel);
    });
    app.shell.currentChanged?.connect((_, { newValue }) => readAgain(app.serviceManager.contents, newValue?.context));
  }

  // The container of module federation: JupyterLab hands over what it shares, and asks for "./extension".
  let shared;
  const need = async (name) => (await Object.values(shared[name])[0].get())();
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.gdcourse = {
    init: (scope) => { shared = scope; },
    get: async () => {
      const { INotebookTracker } = await need("@jupyterlab/notebook");
      const plugin = { id: "gdcourse:lab", autoStart: true, requires: [INotebookTracker], activate };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
