r"""What in the input a network's answer rests on, one file per framework: `numpy`, `torch`, `tensorflow`.

f: x -> (k,) are a network's scores, logits or one number, and f_t the one asked about, the target. x0 is a baseline, an input
that shows nothing, such as a black image.

    input gradient         df_t / dx                                                                      (1)
    integrated gradients   a_i = (x_i - x0_i) mean of df_t / dx_i at x0 + s (x - x0), s from 0 to 1       (2)
                           sum_i a_i = f_t(x) - f_t(x0)                                "completeness"     (3)
    occlusion              f_t(x) - f_t(x with a window replaced by one value), window by window          (4)

(1) tells how the score changes with a small change of x (Baehrens et al. 2010; Simonyan, Vedaldi & Zisserman 2013,
arXiv:1312.6034). Where the score is flat at x it is zero, whatever got it there. (2) adds up the slopes along the way from x0
(Sundararajan, Taly & Yan 2017, arXiv:1703.01365); here the mean is taken at the middles of `steps` equal pieces, so that the
error of (3) falls like 1 / steps^2 where f is smooth, and like 1 / steps where it has kinks. `completeness_gap` measures it.
(4) needs no gradient (Zeiler & Fergus 2014, arXiv:1311.2901): a window whose loss lowers the score spoke for the target.

A map that looks right may say little about the network: compare it with that of a network with random weights, or of one that
learned random labels (Adebayo et al. 2018, arXiv:1810.03292).

A model is of this course; PyTorch and TensorFlow also take a module, a Keras model, or any function of a batch. It is asked as
in evaluation, without dropout, and a module gets its mode back. PyTorch and Keras have none of these built in (Captum has, for
PyTorch), so there is no conformance table.
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
