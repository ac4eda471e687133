r"""Update rules, one file per framework: `numpy`, `torch`, `tensorflow`; and what NumPy alone does: `line_search`,
`second_order`, `proximal`.

With g_t the gradient at x_{t-1}, eta the learning rate, every product and root by element, and every state 0 at first:

    GD          x_t = x_{t-1} - eta g_t                                                                   (1)

    SGD         v_t = mu v_{t-1} + g_t,                 x_t = x_{t-1} - eta v_t                           (2)
    Nesterov    v_t as in (2),                          x_t = x_{t-1} - eta (g_t + mu v_t)                (3)

    Hypergradient   eta_t = max(0, eta_{t-1} + beta g_t . g_{t-1}),   x_t = x_{t-1} - eta_t g_t           (4)

    Adagrad     s_t = s_{t-1} + g_t^2,                  x_t = x_{t-1} - eta g_t / (sqrt(s_t) + eps)       (5)
    RMSprop     s_t = rho s_{t-1} + (1 - rho) g_t^2,    x_t as in (5)                                     (6)
    Adadelta    s_t as in (6),  d_t = g_t sqrt(u_{t-1} + eps) / sqrt(s_t + eps),
                u_t = rho u_{t-1} + (1 - rho) d_t^2,    x_t = x_{t-1} - eta d_t                           (7)

    Adam        m_t = beta1 m_{t-1} + (1 - beta1) g_t,  v_t = beta2 v_{t-1} + (1 - beta2) g_t^2,
                m^ = m_t / (1 - beta1^t),               v^ = v_t / (1 - beta2^t),
                x_t = x_{t-1} - eta m^ / (sqrt(v^) + eps)                                                 (8)
    AMSGrad     (8) with v^ = max(v_1, ..., v_t) / (1 - beta2^t)                                          (9)
    AdamW       (8) with - eta lambda x_{t-1} added to the step                                          (10)
    Nadam       (8) with m^ = mu_{t+1} m_t / (1 - mu_1 ... mu_{t+1}) + (1 - mu_t) g_t / (1 - mu_1 ... mu_t),
                mu_t = beta1 (1 - 0.96^(t psi) / 2), psi the momentum decay                              (11)
    Lion        x_t = x_{t-1} - eta (sign(beta1 m_{t-1} + (1 - beta1) g_t) + lambda x_{t-1}),
                m_t = beta2 m_{t-1} + (1 - beta2) g_t                                                    (12)

A running mean is computed as m += (1 - beta1) (g - m). The first step of (8) has m^ = g and v^ = g^2, so its length is eta
in every coordinate, eta sign(g), whatever the size of the gradient. Without the division by 1 - beta^t it would be
eta (1 - beta1) / sqrt(1 - beta2): 3.2 eta for the usual betas. (5) starts from s_0 = 0, or from `initial`.

Line search along d, from x with gradient g:

    bold driver     keep x - eta g if f falls there, and eta *= up; else stay, and eta *= down           (13)
    Armijo          the first a in 1, r, r^2, ... with f(x + a d) <= f(x) + c1 a g . d                   (14)
    Wolfe           (14), and g(x + a d) . d >= c2 g . d: the slope has flattened, c1 < c2 < 1           (15)

Second order, H the Hessian of f, J the Jacobian of residuals r with f = |r|^2 / 2:

    Newton          x_t = x_{t-1} - (H + lambda I)^-1 g                                                  (16)
    trust region    d minimises g . d + d . H d / 2 over |d| <= R: d = -(H + lambda I)^-1 g with the
                    smallest lambda >= 0 that makes H + lambda I semidefinite and d short enough;
                    R grows or shrinks with the ratio of the decrease of f to the predicted one          (17)
    Gauss-Newton    x_t = x_{t-1} - (J'J)^-1 J'r                                                         (18)
    Levenberg-Marquardt     (18) with J'J + lambda diag(J'J); lambda falls after a step that lowers f,
                    else the step is undone and lambda rises                                             (19)
    L-BFGS          d = -B g, B from the last pairs s = x_t - x_{t-1}, y = g_t - g_{t-1} by two loops,
                    starting from (s . y / y . y) I; then (14) or (15)                                   (20)

Proximal, for f + lambda |x|_1 with f smooth, S(z, t) = sign(z) max(|z| - t, 0):

    ISTA            x_t = S(x_{t-1} - eta g(x_{t-1}), eta lambda)                                        (21)
    FISTA           x_t = S(z_t - eta g(z_t), eta lambda),  z_{t+1} = x_t + (k_t - 1) / k_{t+1} (x_t - x_{t-1}),
                    k_1 = 1,  k_{t+1} = (1 + sqrt(1 + 4 k_t^2)) / 2,  z_1 = x_0                          (22)

How the built-ins differ; `gdcourse.conformance.optimizers` has every case with its size, and the tests measure each.

- *eps inside or outside the root.* Kingma & Ba, PyTorch and (5), (6), (8) add eps to the root. Keras' RMSprop and Adagrad
  take sqrt(s + eps). For Adagrad that is an accumulator which starts higher by eps, so `initial` mends it; for RMSprop,
  whose s forgets, nothing does. Adadelta has it inside in both, as in Zeiler's paper.
- *eps-hat.* Keras' Adam, AMSGrad and AdamW divide by sqrt(v_t) + eps with a rate eta sqrt(1 - beta2^t) / (1 - beta1^t)
  (a remark of the paper, section 2). That is (8) with eps / sqrt(1 - beta2^t) for eps: at beta2 = 0.999 it is 32 eps
  at the first step and eps at the last, so no constant maps one to the other. Changing `eps` before every step does, and
  so does eps = 0. Keras' Nadam divides by sqrt(v^) + eps, as (11) does.
- *The rate inside the velocity.* Keras' SGD keeps v_t = mu v_{t-1} - eta_t g_t and adds it. At a constant rate that is (2)
  and (3); under a schedule old gradients keep the rate of their day, and the two part.
- *float32 hyper-parameters.* Keras keeps the rate in `keras.config.floatx()`, float32, whatever the variables are: 0.1 is
  off by 1.5e-9, 0.125 is exact. `ops.cast` rounds SGD's momentum, the betas of Adam's correction, of Nadam and of Lion,
  and Nadam's 0.96 in the same way, but not the betas of Adam's running means. `floatx("float64")` mends the rate alone.
  PyTorch's NAdam keeps the product of the mu_t in the default dtype: `torch.set_default_dtype(torch.float64)` mends that.
- *Defaults.* eps is 1e-8 in PyTorch (1e-10 in its Adagrad, 1e-6 in Adadelta) and 1e-7 in Keras; Adagrad starts from 0 in
  PyTorch, from 0.1 in Keras; RMSprop's rho is 0.99 and 0.9; the momentum decay of (11) is 0.004 in PyTorch, and 1, fixed, in
  Keras; Adadelta's rate is 1 in PyTorch and 0.001 in Keras. Here they are PyTorch's. Lion is in Keras alone.
- (9) is PyTorch's: Reddi et al. leave out both corrections of the bias. (10) decays by eta lambda, as both do; Loshchilov &
  Hutter's lambda is multiplied by the schedule but not by the rate.

References: Cauchy 1847; Polyak 1964, doi:10.1016/0041-5553(64)90137-5; Nesterov 1983; Sutskever et al. 2013 (momentum in
deep learning); Baydin et al. 2018, arXiv:1703.04782; Duchi, Hazan & Singer 2011 (Adagrad); Tieleman & Hinton 2012
(RMSprop, a lecture); Zeiler 2012, arXiv:1212.5701; Kingma & Ba 2015, arXiv:1412.6980; Reddi, Kale & Kumar 2018,
arXiv:1904.09237; Loshchilov & Hutter 2019, arXiv:1711.05101; Dozat 2016 (Nadam); Chen et al. 2023, arXiv:2302.06675 (Lion).
Vogl et al. 1988, doi:10.1007/BF00332914, and Battiti 1989 (bold driver); Armijo 1966, doi:10.2140/pjm.1966.16.1; Wolfe 1969;
Lewis & Overton 2013, doi:10.1007/s10107-012-0514-2 (its bisection).
Levenberg 1944; Marquardt 1963, doi:10.1137/0111030; Moré & Sorensen 1983, doi:10.1137/0904038 (trust region); Liu & Nocedal
1989, doi:10.1007/BF01589116 (L-BFGS); Nocedal & Wright 2006, doi:10.1007/978-0-387-40065-5. Daubechies, Defrise & De Mol
2004, doi:10.1002/cpa.20042 (ISTA); Beck & Teboulle 2009, doi:10.1137/080716542 (FISTA).
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
