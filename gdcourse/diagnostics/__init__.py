r"""Look into a run: is the gradient right, how curved is the loss, how fast does it fall, what do the layers do?

**Curvature.** H is the Hessian, mu its smallest and L its largest eigenvalue. Gradient descent with the rate eta multiplies
the part of the error along an eigenvector of eigenvalue lambda by 1 - eta lambda, so on a quadratic

    it converges where 0 < eta < 2 / L, fastest at eta = 2 / (L + mu), by (kappa - 1) / (kappa + 1) each step,
    with the condition number kappa = L / mu                                                              (1)

(Nesterov 2004, section 2.1.5). `curvature` needs no matrix: from products H v alone, Lanczos' method builds an orthonormal
basis Q of span(v, H v, H^2 v, ...) and takes the eigenvalues of the small

    T = Q^T H Q,  which lie inside [mu, L] and reach its ends first                                       (2)

(Lanczos 1950, doi:10.6028/jres.045.026; Golub & Van Loan 2013, chapter 10). Power iteration, v <- H v / |H v|, is simpler
and finds only the eigenvalue of largest modulus.

**Rate.** With e_t the distance to the minimum, or the loss above it, after t steps:

    linear        e_t ~ C rho^t,   log e_t falls by log(1 / rho) each step                                (3)
    sublinear     e_t ~ C t^(-p),  log e_t falls by p for each unit of log t                              (4)

**Noise.** Per-example gradients have the mean G and the covariance Sigma. The simple noise scale (McCandlish, Kaplan, Amodei
et al. 2018, arXiv:1812.06162) is the batch at which noise and signal are equally strong; well above it a larger batch buys
little. |G_b|^2, the squared norm of a batch's mean gradient, has the expectation |G|^2 + tr(Sigma) / b, so from two sizes b < B

    tr(Sigma) = (|G_b|^2 - |G_B|^2) / (1/b - 1/B),    |G|^2 = (B |G_B|^2 - b |G_b|^2) / (B - b),
    noise scale = tr(Sigma) / |G|^2                                                                       (5)

without bias in numerator and denominator. Single examples and their mean are the case b = 1.

**Layers.** Gradient norms, update ratios |change of w| / |w| (about 1e-3 a step is usual: CS231n notes, "neural-networks-3"),
activations and dead units, of models of this course, PyTorch modules (through forward hooks) and Keras models (through their
layers' outputs); the frameworks load when a model of theirs comes. `dashboard` draws what `record` collected.

**Clinic.** `Clinic` watches all of these in a run of your own, and its `report` says in words what looks wrong: "layer 3: 97 %
of units never fire since step 40". The rules, each with its threshold and source, are in `gdcourse.diagnostics.rules`.
"""

from gdcourse.diagnostics.clinic import Clinic
from gdcourse.diagnostics.eigenvalues import Curvature, curvature, power_iteration, smoothness
from gdcourse.diagnostics.figures import dashboard, record
from gdcourse.diagnostics.gradient import GradientReport, gradient_check, relative_error
from gdcourse.diagnostics.layers import (
    ActivationStatistics,
    activation_statistics,
    activations,
    dead_units,
    layer_grad_norms,
    snapshot,
    update_ratios,
)
from gdcourse.diagnostics.rules import RULES, Finding
from gdcourse.diagnostics.runs import (
    Convergence,
    NoiseScale,
    convergence_rate,
    gradient_noise_scale,
    noise_scale_of_two,
)

__all__ = [
    "RULES", "ActivationStatistics", "Clinic", "Convergence", "Curvature", "Finding", "GradientReport", "NoiseScale",
    "activation_statistics", "activations", "convergence_rate", "curvature", "dashboard", "dead_units",
    "gradient_check", "gradient_noise_scale", "layer_grad_norms", "noise_scale_of_two", "power_iteration", "record",
    "relative_error", "smoothness", "snapshot", "update_ratios",
]  # fmt: skip
