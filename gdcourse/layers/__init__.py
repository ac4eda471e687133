r"""Layers of neural networks, one file per framework: `numpy`, `torch`, `tensorflow`; and convolution in plain loops.

A layer maps a batch x to y. It has `params`, a list of arrays, and two methods: `forward(x, train=False)` returns y, and
`backward(dy)`, given dL/dy for some loss L of the last y, returns dL/dx and leaves dL/dparams in `grads`. By the chain rule

    dx_i = sum_j dy_j (dy_j / dx_i),     dp_i = sum_j dy_j (dy_j / dp_i)     with dy = dL/dy              (1)

NumPy writes (1) by hand under each forward pass; PyTorch and TensorFlow have one `backward` for all layers, which asks
autograd or a tape. There the whole model can also be differentiated at once: y is an ordinary tensor, `params` are leaf
tensors and variables. Images are (n, channels, height, width) in all three, sequences (n, channels, length).

    dense        y = x W + b            dx = dy W^T,   dW = x^T dy,   db = sum over the rows of dy        (2)
    convolution  y[n,o,i,j] = b[o] + sum_{c,p,q} x[n, c, i s + p d, j s + q d] K[o,c,p,q]                 (3)
                 stride s, dilation d; each dy[n,o,i,j] goes back along the terms of its sum, to dx and to dK
    max pooling  the largest entry of each window; dy goes to it, if several are equal to the first       (4)
    mean pooling the mean of each window; each entry gets its share of dy                                 (5)
    flatten      (n, c, h, w) -> (n, c h w), the width running fastest                                    (6)
    embedding    y = W[x], x integers;  dW[x] += dy, indices have no gradient                             (7)
    dropout      y = x m / (1 - p), each m is 0 with probability p, else 1; in evaluation y = x           (8)
                 one m per entry, per channel of an example, or per example
    normalise    xhat = (x - mean) / s,  s = sqrt(var + eps),  y = gamma xhat + beta
                 dx = gamma / s (dy - mean(dy) - xhat mean(dy xhat))     for one gamma                    (9)
                 batch norm: the means are over the batch and the positions of each channel;
                 layer norm: over the last axis of each example (there gamma dy stands for dy)
                 group norm: over the positions of each example and a group of its channels (the same)
    softmax      y = exp(x) / sum exp(x);  dx = y (dy - sum(dy y))                                        (10)
    GELU         y = x Phi(x), Phi the normal distribution function;  with approximate=True
                 y = x/2 (1 + tanh( sqrt(2/pi) (x + 0.044715 x^3) ))                                      (11)
    residual     y = x + f(x),  dx = dy + f's dx                                                          (12)

(3) is cross-correlation: the kernel is not flipped, as in every framework; it sums over the input's channels and has one bias
per output channel. With padding p the output is floor((h + 2p - d (kh - 1) - 1) / s) + 1 high. Causal padding puts d (k - 1)
zeros before a sequence and none after, so that y at t sees nothing later than t (van den Oord et al. 2016, arXiv:1609.03499).
`conv2d_loops` is (3) as it stands. `numpy.Conv2d` copies windows into the columns of a matrix and multiplies (Chellapilla, Puri
& Simard 2006), with two economies. An image lies in memory as (h, c, w, n), so the kh rows that a row of y sees are one matrix
as they are, and only shifts along the width are copied; and a step uses the memory of the step before. The slope of ReLU at 0
is 0, of LeakyReLU its small slope: a choice within the subdifferential, and the frameworks' own.

Batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167) keeps running statistics for evaluation,

    running <- (1 - momentum) running + momentum batch,     var counted with 1 / (m - 1) there            (13)

Gaussian dropout multiplies by noise of the mean and the variance that m / (1 - p) has in (8),

    y = x m,     m normal with mean 1 and variance p / (1 - p);     in evaluation y = x                   (14)

Also: dropout and (14), Srivastava et al. 2014; of channels, Tompson et al. 2015, arXiv:1411.4280; of examples, inside a
residual, "stochastic depth", Huang et al. 2016, arXiv:1603.09382; layer norm, Ba, Kiros & Hinton 2016, arXiv:1607.06450; group
norm, Wu & He 2018, arXiv:1803.08494; GELU, Hendrycks & Gimpel 2016, arXiv:1606.08415; residual, He et al. 2016.

How the built-ins differ; `gdcourse.conformance.layers` has every case with its size. `torch.nn` is (2) to (13) with W as
(out, in); Keras' images are (n, height, width, channels), so (6) flattens in another order and the weights of a dense layer
after it must be permuted. Keras' momentum is 1 - ours: its default 0.99 is 0.01 here, where the default is PyTorch's 0.1.
Its running variance divides by m, not m - 1, and its eps is 1e-3, ours and PyTorch's 1e-5. Its "same" padding equals
padding=k // 2 for odd k and stride 1; with a stride it may pad one more row at the end than at the beginning, which no
padding here does, and which PyTorch refuses. LeakyReLU's default slope is 0.01 here and in PyTorch, 0.3 in Keras, whose GELU
takes its square root from float32, so in float64 it agrees to about 1e-8. PyTorch's mean pooling counts the zeros of its
padding, Keras' does not. At a tie in max pooling all three send the gradient to the first entry; a difference quotient sees
the kink.
"""

from gdcourse._lazy import frameworks
from gdcourse.layers.field import ReceptiveField, receptive_field
from gdcourse.layers.loops import conv2d_loops, conv2d_loops_backward

__all__ = ["ReceptiveField", "conv2d_loops", "conv2d_loops_backward", "receptive_field"]
__getattr__, __dir__ = frameworks(__name__)
