r"""Gradient clipping, one file per framework: `numpy`, `torch`, `tensorflow`.

A step along a huge gradient leaves the region where the gradient means anything. Clipping shortens the gradient g, a list
of arrays, before the step. With a bound c > 0:

    by value          each entry to  min(max(g, -c), c)                                                   (1)
    by norm           each array g to  g min(1, c / ||g||)                                                (2)
    by global norm    all arrays to  g min(1, c / G),   G = sqrt( sum over the arrays of ||g||^2 )        (3)

Only (3) keeps the direction of the whole gradient (Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1); (2) keeps
that of each array, (1) of none. Norms are taken of g / t, t the largest |entry|, and then multiplied by t: so a gradient
with entries of 1e200, whose squares overflow, is still clipped to norm c. If G itself is beyond the largest float, the
clipped gradients are right all the same and the norm that is returned is infinity.

A NaN or an infinity in the gradient raises. Clipping cannot mend it: NaN stays NaN under (1), and inf * (c / inf) is NaN
under (2) and (3). Clipping prevents the next forward pass from overflowing; the last one it cannot undo.

How the built-ins differ; `gdcourse.conformance.clipping` has every case with its size. `tf.clip_by_value`, `tf.clip_by_norm`
and `torch.nn.utils.clip_grad_value_` are (1) and (2).
`tf.clip_by_global_norm` is (3). `torch.nn.utils.clip_grad_norm_` multiplies by c / (G + 1e-6), so the norm that it leaves is
below c by a factor of about 1 - 1e-6 / G. Both square the entries as they are: at 1e200 PyTorch returns zeros and
TensorFlow NaN. Both let non-finite gradients through, PyTorch unless error_if_nonfinite=True. Keras' optimizers take
clipvalue (1), clipnorm (2) and global_clipnorm (3).
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
