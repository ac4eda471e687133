r"""Losses, one file per framework: `numpy`, `torch`, `tensorflow`.

Each loss is a number, and its partner ``<loss>_grad`` is the derivative with respect to its first argument. NumPy writes
that derivative by hand, below the loss; PyTorch and TensorFlow ask autograd. With m predictions h_i and targets y_i:

    squared error        sum        S = sum_i (h_i - y_i)^2          dS/dh_i = 2 (h_i - y_i)
                         mean       S / m
                         half_mean  S / (2m)                                                              (1)

    absolute error       1/m sum_i |h_i - y_i|,                      slope sign(h_i - y_i) / m            (2)

    Huber                1/m sum_i a_i (|h_i - y_i| - a_i / 2),      a_i = min(|h_i - y_i|, delta):
                         half the square of an error up to delta, and beyond it a line with the same slope;
                         slope (h_i - y_i) / m, clipped to [-delta / m, delta / m]                        (3)

    cross-entropy        from a probability p_i, labels y_i in {0, 1}:
    (two classes)        -1/m sum_i [ y_i log p_i + (1 - y_i) log(1 - p_i) ]                              (4)
                         from a logit z_i, p_i = 1 / (1 + exp(-z_i)):
                         1/m sum_i softplus((1 - 2 y_i) z_i),        d/dz_i = (p_i - y_i) / m             (5)

    cross-entropy        from logits z_i in R^k, labels y_i in {0, ..., k-1}:
    (k classes)          1/m sum_i [ logsumexp(z_i) - z_i[y_i] ],    d/dz_i = (softmax(z_i) - e_{y_i}) / m (6)

    hinge                scores z_i, labels y_i in {-1, +1}:
                         1/m sum_i max(0, 1 - y_i z_i),  slope -y_i / m where y_i z_i < 1, else 0         (7)

    L1 penalty           sum_j |w_j|,                    slope sign(w_j)                                  (8)
    L2 penalty           1/2 sum_j w_j^2,                d/dw_j = w_j                                     (9)

(2), (7) and (8) have kinks, where any slope between those of the two sides is a subgradient; ours is 0 there, as autograd's is
in PyTorch and in TensorFlow. (3) has no kink (Huber 1964, doi:10.1214/aoms/1177703732). (5) and (6) never exponentiate a
positive number: softplus(z) = max(z, 0) + log(1 + exp(-|z|)), and logsumexp subtracts the largest logit first, so a logit of
1000 is as safe as one of 1 (Blanchard, Higham & Higham 2021, doi:10.1093/imanum/draa038).

How the built-ins differ; `gdcourse.conformance.losses` has every case with its size. `torch.nn.MSELoss` and Keras average
over every element, so for h of shape (n, k) they divide by nk; here too. Keras' sum is over rows of means over the last
axis, so k times smaller. Neither has "half_mean". Keras' losses compute in float32 unless made with dtype="float64".
`torch.nn.HuberLoss` and Keras' `Huber` are (3); `torch.nn.SmoothL1Loss` with beta = delta is (3) divided by delta, so its
slopes reach 1 / m whatever delta. Keras' `Hinge` is (7); its `L2` regulariser lacks the 1/2 of (9). Keras'
`binary_crossentropy` from probabilities clips p to [1e-7, 1 - 1e-7], PyTorch's clamps log p at -100; (4) does neither: p = 0
under the label 1 costs infinity, as it should. From logits both accept labels outside their set and then return a "loss"
that has no lower bound; here that is a `ValueError`.
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
