"""A warning on the error stream is information, not a failed test."""

from nbgrader.preprocessors import NbGraderPreprocessor


class WarningsAreInformation(NbGraderPreprocessor):
    """Show what a cell wrote to stderr as ordinary output. nbgrader alone takes all points of a cell that writes there."""

    def preprocess_cell(self, cell, resources, index):
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.name = "stdout"
        return cell, resources
