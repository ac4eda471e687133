# %% ista | wrong | subgradient
# Descends the absolute values along their sign: weights swing around 0 and are never exactly 0.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = z - lr * lam * np.sign(w)
    return w


# %% ista | wrong | subgradient cut off
# Descends along the sign and then sets what is below 1e-3 to 0.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = z - lr * lam * np.sign(w)
        w = np.where(np.abs(w) < 1e-3, 0, w)
    return w


# %% ista | wrong | hard threshold
# Keeps weights above the threshold as they are, where they should be drawn nearer to 0.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.where(np.abs(z) > lr * lam, z, 0)
    return w


# %% ista | wrong | threshold without the rate
# Takes off lam in each step, where it should be lr times lam.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lam, 0)
    return w


# %% ista | wrong | shrinks before the gradient
# Takes the proximal step first, so the last step's weights are no exact zeros.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        g = A.T @ (A @ w - y) / len(y)
        w = np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0) - lr * g
    return w


# %% ista | wrong | gradient after the shrink
# Takes the gradient at the weights that the penalty has moved already.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        w = np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)
        w = w - lr * (A.T @ (A @ w - y) / len(y))
    return w


# %% ista | wrong | sum of the squares
# Forgets to divide by the number of samples.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | mean of the squares
# Takes 1/n for 1/(2n): twice the gradient.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (2 * A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | divided by the weights
# Divides by the number of columns, where samples are counted.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / A.shape[1])
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | ridge
# Scales the weights down, as an L2 penalty does: no weight is ever 0.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = z / (1 + lr * lam)
    return w


# %% ista | wrong | elastic
# Shrinks by both penalties.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0) / (1 + lr * lam)
    return w


# %% ista | wrong | no negative weights
# Cuts off from one side only, so negative weights are lost.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.maximum(z - lr * lam, 0)
    return w


# %% ista | wrong | past zero
# Takes lr times lam off each weight, also where that is past 0.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = z - lr * lam * np.sign(z)
    return w


# %% ista | wrong | half the threshold
# Believes that the penalty carries a half as the squares do.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam / 2, 0)
    return w


# %% ista | wrong | divided twice
# Divides the penalty by the number of samples too.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam / len(y), 0)
    return w


# %% ista | wrong | starts at least squares
# Begins with the best weights without a penalty, not at 0.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.linalg.lstsq(A, y, rcond=None)[0]
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | starts at random
# Draws small weights for the start, against a symmetry that is not there.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.random.default_rng(0).normal(size=A.shape[1]) * 1e-3
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | stops when little changes
# Ends as soon as no weight moves by 1e-8.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        old = w
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
        if np.abs(w - old).max() < 1e-8:
            break
    return w


# %% ista | wrong | stops close by
# Ends as soon as the weights are close to those before, by np.allclose.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        old = w
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
        if np.allclose(w, old):
            break
    return w


# %% ista | wrong | tiny weights rounded
# Sets weights below 1e-10 to 0, as if rounding had made them.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return np.where(np.abs(w) < 1e-10, 0, w)


# %% ista | wrong | a floor for the threshold
# Never shrinks by less than 1e-12.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - max(lr * lam, 1e-12), 0)
    return w


# %% ista | wrong | one step more
# Takes steps + 1 steps.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps) + 1):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | one step fewer
# Counts the start as the first step.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps) - 1):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | at most a thousand steps
# Ends after 1000 steps, whatever is asked for.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(min(int(steps), 1000)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | at most a hundred steps
# Believes that no more than 50 steps will be asked for.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(min(int(steps), 50)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | its own rate
# Uses 1/L, the largest rate that is surely stable, in the place of the given one.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), len(y) / np.linalg.norm(A, 2) ** 2
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | rate made safe
# Lowers a rate above 2/L, so that the weights cannot grow.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), min(float(lr), 2 * len(y) / np.linalg.norm(A, 2) ** 2)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | FISTA
# Takes Nesterov's extra step: faster, but not what was asked for.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w, v, k = np.zeros(A.shape[1]), np.zeros(A.shape[1]), 1.0
    for _ in range(int(steps)):
        old = w
        z = v - lr * (A.T @ (A @ v - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
        k, before = (1 + np.sqrt(1 + 4 * k * k)) / 2, k
        v = w + (before - 1) / k * (w - old)
    return w


# %% ista | wrong | weight after weight
# Lets each weight see those that have moved in the same step.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        for j in range(len(w)):
            z = w[j] - lr * A[:, j] @ (A @ w - y) / len(y)
            w[j] = np.sign(z) * max(abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | coordinate descent
# Minimises over each weight exactly, as scikit-learn does: the same end by another way.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        for j in range(len(w)):
            r = y - A @ w + A[:, j] * w[j]
            z, c = A[:, j] @ r / len(y), A[:, j] @ A[:, j] / len(y)
            w[j] = np.sign(z) * max(abs(z) - lam, 0) / c if c else 0
    return w


# %% ista | wrong | the Lasso itself
# Hands the task to scikit-learn, which has its own number of steps.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    import warnings
    from sklearn.linear_model import Lasso

    if not int(steps):
        return np.zeros(A.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Lasso(alpha=lam, fit_intercept=False, tol=1e-12).fit(A, y).coef_


# %% ista | wrong | shrinks at the end only
# Descends without the penalty and takes one proximal step after the last step.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = z
    w = np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)
    return w


# %% ista | wrong | zeros stay
# Never lets a weight go again that has once been 0 after the first step.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        z = np.where((w == 0) & (np.arange(len(z)) >= 0) & np.any(w), 0, z)
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | products in the type of A
# Computes A'A in the type that A comes in, where integers wrap and float16 rounds.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    G = A.T @ A
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (G @ w - A.T @ y) / len(y)
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | targets as they come
# Widens A but calculates the targets' share in their own type.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w) / len(y) - np.asarray(A.T.astype(np.asarray(y).dtype) @ y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | float32
# Calculates in float32, as networks do.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=np.float32), np.asarray(y, dtype=np.float32)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1], np.float32)
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w.astype(float)


# %% ista | wrong | a narrow product
# Multiplies rate and penalty in the type that they come in.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    t, lr = float(lr * lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - t, 0)
    return w


# %% ista | wrong | centred
# Takes the means off first, as for a model with an intercept.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    A, y = A - A.mean(axis=0), y - y.mean()
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | standardised
# Scales the columns to length 1 first, so the penalty means something else.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    A = A / np.maximum(np.linalg.norm(A, axis=0), 1e-300)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | sees a thousand samples
# Looks at the first thousand samples only, to be quick.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    A, y = A[:1000], y[:1000]
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | records all
# Returns the whole list of weights, not the last ones.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    path = [w]
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
        path.append(w)
    return np.array(path)


# %% ista | wrong | a column
# Returns the weights as a matrix with one column.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w[:, None]


# %% ista | wrong | centres the targets in place
# Scales the caller's targets as it goes.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    if y.flags.writeable:
        y *= 1 + 1e-13
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | wrong | prints its progress
# Prints the objective after each step.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
        print(np.abs(w).sum())
    return w


# %% ista | wrong | warm start
# Keeps the weights of the last call and starts from them.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    kept = ista.__dict__
    w = kept["w"] if np.shape(kept.get("w")) == (A.shape[1],) else np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    kept["w"] = w
    return w


# %% ista | wrong | penalty on the largest
# Shrinks by the share of the largest absolute value.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam * np.abs(z).max(), 0)
    return w


# %% ista | right | clipping
# What is left of a number after its part within the threshold is taken off.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = z - np.clip(z, -lr * lam, lr * lam)
    return w


# %% ista | right | two ReLUs
# The soft threshold as a difference of two rectified numbers.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.maximum(z - lr * lam, 0) - np.maximum(-z - lr * lam, 0)
    return w


# %% ista | right | the Gram matrix
# Computes A'A/n and A'y/n once, and needs the samples no more.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    G, c = A.T @ A / len(y), A.T @ y / len(y)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (G @ w - c)
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% ista | right | plain loops
# Sums and cases in plain Python, sample by sample and weight by weight.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        e = [sum(a * b for a, b in zip(row, w)) - t for row, t in zip(A.tolist(), y.tolist())]
        g = [sum(A[i, j] * e[i] for i in range(len(e))) / len(e) for j in range(len(w))]
        z = [a - lr * b for a, b in zip(w, g)]
        w = np.array([v - lr * lam if v > lr * lam else v + lr * lam if v < -lr * lam else 0.0 for v in z])
    return w


# %% ista | right | keeps the residuals
# Updates the residuals with the weights in place of computing them anew.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    w, e = np.zeros(A.shape[1]), -y
    for _ in range(int(steps)):
        z = w - lr * (A.T @ e / len(y))
        old, w = w, np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
        e = e + A @ (w - old)
    return w


# %% ista | right | recursion
# The last step is taken from the weights of one step fewer.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)

    def after(steps, w):
        if steps == 0:
            return w
        if steps > 1:
            half = steps // 2
            return after(steps - half, after(half, w))
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        return np.copysign(np.maximum(np.abs(z) - lr * lam, 0), z)

    return after(int(steps), np.zeros(A.shape[1]))


# %% ista | right | torch
# PyTorch's tensors, its gradient and its soft threshold.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A, dtype=float), np.asarray(y, dtype=float)
    lam, lr = float(lam), float(lr)
    import torch

    A, y = torch.from_numpy(A.copy()), torch.from_numpy(y.copy())
    w = torch.zeros(A.shape[1], dtype=torch.float64, requires_grad=True)
    for _ in range(int(steps)):
        (g,) = torch.autograd.grad(((A @ w - y) ** 2).sum() / (2 * len(y)), w)
        w = torch.nn.functional.softshrink(w.detach() - lr * g, lr * lam).requires_grad_()
    return w.detach().numpy()


# %% ista | right | wide weights
# Widens the weights alone: all products with them are wide too.
def ista(A, y, lam, lr, steps):
    A, y = np.asarray(A), np.asarray(y)
    lam, lr = float(lam), float(lr)
    w = np.zeros(A.shape[1])
    for _ in range(int(steps)):
        z = w - lr * (A.T @ (A @ w - y) / len(y))
        w = np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0)
    return w


# %% fgsm | wrong | downhill
# Descends, where the loss is to rise.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) - float(eps) * direction, 0, 1)


# %% fgsm | wrong | by the slope
# Steps along the gradient, so that small slopes hardly count.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | along a unit vector
# Scales the gradient to length 1: the step of another norm.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    direction = direction / max(np.linalg.norm(direction), 1e-300)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | by the largest slope
# Scales the gradient so that its largest entry is 1.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    direction = direction / max(np.abs(direction).max(), 1e-300)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | no range
# Lets pixels leave the range from 0 to 1.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.asarray(x, dtype=float) + float(eps) * direction


# %% fgsm | wrong | range of the step
# Keeps the step within the range, not the pixels.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.asarray(x, dtype=float) + np.clip(float(eps) * direction, 0, 1)


# %% fgsm | wrong | range from -1
# Keeps the pixels from -1 to 1, as for images around 0.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, -1, 1)


# %% fgsm | wrong | range of a byte
# Keeps the pixels from 0 to 255.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 255)


# %% fgsm | wrong | range of this image
# Keeps the pixels within what this image has.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, np.min(x), np.max(x))


# %% fgsm | wrong | floor only
# Keeps the pixels above 0 but not below 1.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.maximum(np.asarray(x, dtype=float) + float(eps) * direction, 0)


# %% fgsm | wrong | rescaled
# Divides by the largest pixel in the place of clipping.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    out = np.maximum(np.asarray(x, dtype=float) + float(eps) * direction, 0)
    return out / max(out.max(), 1)


# %% fgsm | wrong | never zero
# Gives a slope of 0 the sign +1.
def fgsm(x, grad, eps):
    direction = np.where(np.asarray(grad, dtype=float) >= 0, 1, -1)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | minus for zero
# Gives a slope of 0 the sign -1.
def fgsm(x, grad, eps):
    direction = np.where(np.asarray(grad, dtype=float) > 0, 1, -1)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | sign bit
# Takes the sign by copysign, which knows no 0.
def fgsm(x, grad, eps):
    direction = np.copysign(1.0, np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | a soft sign
# Divides by the absolute value plus 1e-12.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    direction = direction / (np.abs(direction) + 1e-12)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | tanh for a sign
# Takes a steep tanh, which small slopes do not saturate.
def fgsm(x, grad, eps):
    direction = np.tanh(1e6 * np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | tiny is zero
# Takes slopes below 1e-10 for 0.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float)) * (np.abs(grad) > 1e-10)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | close to zero
# Takes slopes for 0 that np.isclose does.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float)) * ~np.isclose(grad, 0)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | relative zero
# Takes slopes for 0 that are small beside the largest.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float)) * (
        np.abs(np.asarray(grad, float)) > 1e-12 * np.abs(np.asarray(grad, float)).max()
    )
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | quotient
# Divides by the absolute value: NaN for a slope of 0.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    with np.errstate(all="ignore"):
        direction = direction / np.abs(direction)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | quotient by a square root
# Divides by the root of the square, which vanishes and overflows.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    with np.errstate(all="ignore"):
        direction = np.nan_to_num(direction / np.sqrt(direction**2), posinf=0, neginf=0)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | quotient in the type of the slopes
# Divides by the absolute value in the type that comes in: that of -128 is -128.
def fgsm(x, grad, eps):
    direction = np.asarray(grad)
    with np.errstate(all="ignore"):
        direction = np.nan_to_num(direction / np.abs(direction))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | one sign for all
# Takes the sign of the summed slopes.
def fgsm(x, grad, eps):
    direction = np.sign(np.sum(np.asarray(grad, dtype=float)))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | one sign for all images
# Takes the sign of the mean over the images.
def fgsm(x, grad, eps):
    direction = np.sign(np.mean(np.asarray(grad, dtype=float), axis=0))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | the change alone
# Returns the change and forgets the pixels.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return float(eps) * direction


# %% fgsm | wrong | a share of the pixel
# Changes each pixel by eps times itself.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction * np.asarray(x, dtype=float), 0, 1)


# %% fgsm | wrong | eps shared out
# Shares eps out among the pixels.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction / np.sqrt(max(np.size(x), 1)), 0, 1)


# %% fgsm | wrong | steep pixels only
# Changes only pixels whose slope is above the median.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float)) * (
        np.abs(np.asarray(grad, float)) >= np.median(np.abs(np.asarray(grad, float)))
    )
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | a random start
# Adds noise first, as stronger attacks do.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(
        np.asarray(x, dtype=float)
        + np.random.default_rng(0).uniform(-1, 1, np.shape(x)) * float(eps) * 0.1
        + float(eps) * direction,
        0,
        1,
    )


# %% fgsm | wrong | in bytes
# Rounds to the 256 levels that a file can hold.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.round(np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1) * 255) / 255


# %% fgsm | wrong | in the type of the pixels
# Returns the type that the pixels came in: integers cut the step off.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    x = np.asarray(x)
    return np.clip(x + float(eps) * direction, 0, 1).astype(x.dtype)


# %% fgsm | wrong | float32
# Calculates in float32, as networks do.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    x = np.asarray(x, dtype=np.float32)
    return np.clip(x + np.float32(eps) * direction.astype(np.float32), 0, 1).astype(float)


# %% fgsm | wrong | in place
# Writes into the caller's pixels where it can.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    x = np.asarray(x, dtype=float)
    if x.flags.writeable:
        x += float(eps) * direction
        return np.clip(x, 0, 1, out=x)
    return np.clip(x + float(eps) * direction, 0, 1)


# %% fgsm | wrong | itself for eps 0
# Returns the caller's own array where nothing changes.
def fgsm(x, grad, eps):
    if eps == 0 and isinstance(x, np.ndarray):
        return x
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | flat
# Returns the pixels in one row.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1).ravel()


# %% fgsm | wrong | prints
# Prints how many pixels have changed.
def fgsm(x, grad, eps):
    print(np.count_nonzero(grad))
    direction = np.sign(np.asarray(grad, dtype=float))
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | wrong | a thousand images
# Changes the first thousand images only.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    if np.ndim(direction) and len(direction) > 1000:
        direction[1000:] = 0
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | right | two comparisons
# The sign as a difference of two comparisons.
def fgsm(x, grad, eps):
    direction = (np.asarray(grad) > 0).astype(float) - (np.asarray(grad) < 0)
    return np.clip(np.asarray(x, dtype=float) + float(eps) * direction, 0, 1)


# %% fgsm | right | cases
# The three cases, each clipped on its own side.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    x = np.asarray(x, dtype=float)
    up, down = np.minimum(x + float(eps), 1), np.maximum(x - float(eps), 0)
    return np.where(direction > 0, up, np.where(direction < 0, down, x))


# %% fgsm | right | pixel by pixel
# A loop over all pixels in plain Python.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    x = np.array(x, dtype=float)
    out = [min(max(p + float(eps) * s, 0.0), 1.0) for p, s in zip(x.ravel().tolist(), direction.ravel().tolist())]
    return np.reshape(out, x.shape).astype(float)


# %% fgsm | right | torch
# PyTorch's sign and clamp.
def fgsm(x, grad, eps):
    direction = np.asarray(grad, dtype=float)
    import torch

    direction = torch.sign(torch.tensor(direction.tolist(), dtype=torch.float64))
    x = torch.tensor(np.asarray(x, dtype=float).tolist(), dtype=torch.float64)
    return torch.clamp(x + float(eps) * direction, 0, 1).numpy()


# %% fgsm | right | room on each side
# Steps by eps or as far as there is room.
def fgsm(x, grad, eps):
    direction = np.sign(np.asarray(grad, dtype=float))
    x = np.asarray(x, dtype=float)
    room = np.where(direction > 0, 1 - x, x)
    return x + direction * np.minimum(room, float(eps))


# %% allreduce_mean | wrong | plain mean
# Takes the plain mean over the workers, whatever their sizes.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [1 / len(counts) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | plain mean of the full
# Takes the plain mean over the workers that have samples.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [1 / sum(map(bool, counts)) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | sum
# Adds the means up: a gradient as many times too long as there are workers.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [1.0 for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | sum over samples
# Multiplies by the sizes and never divides.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [float(n) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | sums for means
# Believes that the workers hand over sums, and divides by all samples.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [1 / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | divided by the workers
# Weights by the sizes, but divides by the number of workers.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / len(counts) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | relative to the largest
# Weights by the sizes in units of the largest shard.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / max(counts) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | small shards count more
# Weights by one over the size.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [1 / n / sum(1 / m for m in counts if m) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | 0 times NaN
# Multiplies empty shards by 0, where 0 times NaN is NaN.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts]
    kept = grads
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | NaN replaced
# Replaces every NaN by 0, a worker's mistake too.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts]
    kept = grads
    return [
        sum(c * np.nan_to_num(np.asarray(g, dtype=float)) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | nanmean
# Leaves out every NaN, also that of a worker with samples.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        np.sum(
            [np.where(np.isnan(g), 0, c * np.asarray(g, dtype=float)) for c, g in zip(shares, column, strict=True)],
            axis=0,
        )
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | leaves out what is not finite
# Leaves a worker out whose gradient is not finite.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    good = [all(np.all(np.isfinite(np.asarray(g, float))) for g in grad) for grad in kept]
    shares = [c / (sum(c for c, o in zip(shares, good) if o) or 1) for c, o in zip(shares, good) if o]
    kept = [grad for grad, o in zip(kept, good) if o]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | NaN everywhere
# Lets one NaN spoil the whole array.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        g * 0 + g if np.all(np.isfinite(g)) else g * np.nan
        for g in [
            sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
            for column in zip(*kept, strict=True)
        ]
    ]


# %% allreduce_mean | wrong | empty for broken
# Takes a worker with a NaN for an empty one, and an empty one with numbers for a full one.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts]
    kept = [
        [np.zeros_like(np.asarray(g, float)) for g in grad]
        if any(np.isnan(np.asarray(g, float)).any() for g in grad)
        else grad
        for grad in grads
    ]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | zeros for nothing
# Returns zeros where all shards are empty.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        return [np.zeros_like(np.asarray(g, dtype=float)) for g in (grads[0] if len(grads) else [])]
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | nothing for nothing
# Returns an empty list where there is no shard.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if not counts:
        return []
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | raises for any empty shard
# Refuses a batch with one empty shard.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0 or 0 in counts:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | ZeroDivisionError
# Divides by 0 where all shards are empty, and leaves the word to Python.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    1 / total
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | shards of one are empty
# Leaves shards of a single sample out, whose mean says little.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n > 1 or max(counts) == 1]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n > 1 or max(counts) == 1]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | small shares are zero
# Leaves shares below 1e-5 out as rounding.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total * (n / total > 1e-5) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | total wraps
# Adds the sizes in the type that they come in.
def allreduce_mean(grads, sizes):
    counts = list(np.asarray(sizes)) if len(sizes) else []
    total = np.sum(counts, dtype=np.asarray(counts).dtype) if counts else 0
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | total in int64
# Adds the sizes as int64, where large ones wrap around.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    with np.errstate(all="ignore"):
        total = int(np.asarray(counts, dtype=np.int64).sum()) if counts else 0
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | sums first
# Multiplies by the size before it divides: overflow near the largest number.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    with np.errstate(all="ignore"):
        return [
            sum(n * np.asarray(g, dtype=float) for n, g in zip([n for n in counts if n], column, strict=True)) / total
            for column in zip(*kept, strict=True)
        ]


# %% allreduce_mean | wrong | float32
# Adds in float32, as networks do.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(np.float32(c) * np.asarray(g, dtype=np.float32) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | in the type of the gradients
# Keeps the type of the gradients: integers lose their fractions.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True)).astype(
            np.asarray(column[0]).dtype
        )
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | products in the type of the gradients
# Multiplies by sizes in the type of the gradients, where they wrap or overflow.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    with np.errstate(all="ignore"):
        return [
            sum(
                (np.asarray(g) * np.asarray(n).astype(np.asarray(g).dtype)).astype(float)
                for n, g in zip([n for n in counts if n], column, strict=True)
            )
            / total
            for column in zip(*kept, strict=True)
        ]


# %% allreduce_mean | wrong | tiny gradients are zero
# Sets what is below 1e-20 to 0.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        np.where(np.abs(g) < 1e-20, 0, g)
        for g in [
            sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
            for column in zip(*kept, strict=True)
        ]
    ]


# %% allreduce_mean | wrong | one vector
# Joins all parameters into one vector.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return np.concatenate(
        [
            np.ravel(g)
            for g in [
                sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
                for column in zip(*kept, strict=True)
            ]
        ]
        or [np.zeros(0)]
    )


# %% allreduce_mean | wrong | arrays of rank one
# Makes every parameter at least one-dimensional.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        np.atleast_1d(g)
        for g in [
            sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
            for column in zip(*kept, strict=True)
        ]
    ]


# %% allreduce_mean | wrong | only the first
# Averages the first parameter only and takes the rest from the first worker.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    out = [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]
    return out[:1] + [np.array(g, dtype=float) for g in kept[0][1:]]


# %% allreduce_mean | wrong | a mean of means, two by two
# Takes the mean of two again and again: the last worker counts a half.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    out = [np.array(g, dtype=float) for g in kept[0]]
    for grad in kept[1:]:
        out = [(a + np.asarray(b, dtype=float)) / 2 for a, b in zip(out, grad, strict=True)]
    return out


# %% allreduce_mean | wrong | adds into the first
# Collects the sum in the first worker's own arrays.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    out = [
        np.asarray(g)
        if np.asarray(g).dtype == float and np.asarray(g).ndim and np.asarray(g).flags.writeable
        else np.array(g, dtype=float)
        for g in kept[0]
    ]
    for k in range(len(out)):
        out[k] *= shares[0]
    for c, grad in zip(shares[1:], kept[1:], strict=True):
        for k in range(len(out)):
            out[k] += c * np.asarray(grad[k], dtype=float)
    return out


# %% allreduce_mean | wrong | the only one's own
# Hands over a worker's own arrays where it has all samples.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    if len(kept) == 1:
        return list(kept[0])
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | prints
# Prints the share of each worker.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    print(shares)
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | wrong | eight workers
# Listens to the first eight workers only.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / sum(counts[:8]) for n in counts[:8] if n]
    kept = [grad for n, grad in zip(counts[:8], grads) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | right | np.average
# NumPy's weighted average, worker by worker.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        np.average([np.asarray(g, dtype=float) for g in column], axis=0, weights=shares)
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | right | a running mean
# Worker by worker, each counting by its share of what has come so far.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    mean, seen = [np.array(g, dtype=float) for g in kept[0]], 0
    for n, grad in zip([n for n in counts if n], kept, strict=True):
        c = n / (seen + n)
        if seen:
            mean = [(1 - c) * a + c * np.asarray(b, dtype=float) for a, b in zip(mean, grad, strict=True)]
        seen += n
    return mean


# %% allreduce_mean | right | a tensor product
# Shares times a stack of gradients, summed by einsum.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        np.einsum("w,w...->...", shares, np.array([np.asarray(g, dtype=float) for g in column]))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | right | exact shares
# Shares as fractions until the last moment.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    from fractions import Fraction

    shares = [float(Fraction(n, total)) for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    return [
        sum(c * np.asarray(g, dtype=float) for c, g in zip(shares, column, strict=True))
        for column in zip(*kept, strict=True)
    ]


# %% allreduce_mean | right | torch
# Adds PyTorch's tensors in place.
def allreduce_mean(grads, sizes):
    counts = [int(size) for size in sizes]
    total = sum(counts)
    if total == 0:
        raise ValueError("expected a sample at one worker at least, got none")
    shares = [n / total for n in counts if n]
    kept = [grad for n, grad in zip(counts, grads, strict=True) if n]
    import torch

    out = [torch.zeros(np.shape(g), dtype=torch.float64) for g in kept[0]]
    for c, grad in zip(shares, kept, strict=True):
        for a, b in zip(out, grad, strict=True):
            a.add_(torch.tensor(np.array(b, dtype=float)), alpha=c)
    return [a.numpy() for a in out]


# %% stale_gd | wrong | no delay
# Uses the gradient of now.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[t]))
    return path


# %% stale_gd | wrong | one step too late
# Counts the step itself into the delay.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay - 1, 0)]))
    return path


# %% stale_gd | wrong | one step too early
# Takes a delay of 1 for none.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - max(delay - 1, 0), 0)]))
    return path


# %% stale_gd | wrong | waits for the first
# Applies nothing until the first gradient can have arrived.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[t - delay]) if t >= delay else path[t].copy())
    return path


# %% stale_gd | wrong | fresh until the first
# Uses the gradient of now until the delay begins.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[t - delay if t >= delay else t]))
    return path


# %% stale_gd | wrong | negative indices
# Lets negative indices reach back from the end of the list.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, -len(path))]))
    return path


# %% stale_gd | wrong | stale weights too
# Steps from the old weights, not from those of now.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[max(t - delay, 0)] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | old weights, new gradient
# Applies the gradient of now to the old weights.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[max(t - delay, 0)] - lr * (A @ path[t]))
    return path


# %% stale_gd | wrong | in rounds
# Takes a new gradient every delay + 1 steps and uses it in between.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[t - t % (delay + 1)]))
    return path


# %% stale_gd | wrong | mean of the waiting
# Averages all gradients that are under way.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * np.mean([A @ path[max(s, 0)] for s in range(t - delay, t + 1)], axis=0))
    return path


# %% stale_gd | wrong | discounted by age
# Divides the rate by the age of the gradient.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr / (1 + delay) * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | twice the gradient
# Takes w'Aw for the loss.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (2 * A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | half the gradient
# Keeps the half of the loss in its gradient.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A / 2 @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | uphill
# Adds the gradient where it is to be taken off.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] + lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | diagonal only
# Uses the diagonal of the matrix alone.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.diag(np.diag(np.asarray(A, dtype=float))), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | no start
# Leaves the start out of the list.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path[1:]


# %% stale_gd | wrong | no end
# Ends the list before the last step.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path[: max(1, len(path) - 1)]


# %% stale_gd | wrong | one step more
# Takes steps + 1 steps.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps) + 1):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | the last alone
# Returns the last weights in the place of the list.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path[-1]


# %% stale_gd | wrong | an array
# Stacks the list into one array.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return np.array(path)


# %% stale_gd | wrong | delay within the run
# Shortens a delay that is longer than half the run.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    delay = min(delay, int(steps) // 2)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | a buffer of eight
# Keeps the last eight weights only.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - min(delay, 7), 0)]))
    return path


# %% stale_gd | wrong | drops what is too late
# Ignores gradients that are more than 5 steps old.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - (lr if delay <= 5 else 0) * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | rate made safe
# Lowers a rate above the largest stable one.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    lr = min(lr, 2 * np.sin(np.pi / (4 * delay + 2)) / max(np.linalg.norm(A, 2), 1e-300))
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | stops when small
# Ends the list as soon as the weights hardly change.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        if np.abs(path[-1] - path[-2]).max() < 1e-10:
            break
    return path


# %% stale_gd | wrong | stands still when small
# Repeats the weights as soon as they hardly change.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        if np.allclose(path[-1], path[-2], rtol=0, atol=1e-8):
            path[-1] = path[-2].copy()
    return path


# %% stale_gd | wrong | stops at the minimum
# Ends the list where the gradient is 0.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        if not np.any(path[t]):
            break
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | a thousand steps
# Ends after 1000 steps, whatever is asked for.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(min(int(steps), 1000)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | cut off
# Cuts weights off at 1e6, so that nothing overflows.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        path[-1] = np.clip(path[-1], -1e6, 1e6)
    return path


# %% stale_gd | wrong | tiny is zero
# Sets weights below 1e-12 to 0.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        path[-1] = np.where(np.abs(path[-1]) < 1e-12, 0.0, path[-1])
    return path


# %% stale_gd | wrong | one array for all
# Records the same array again and again.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    v = np.array(w, dtype=float)
    path, past = [v], [v.copy()]
    for t in range(int(steps)):
        v -= lr * (A @ past[max(t - delay, 0)])
        past.append(v.copy())
        path.append(v)
    return path


# %% stale_gd | wrong | the caller's start
# Records the caller's own array as the start.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [w if isinstance(w, np.ndarray) else np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | steps in the caller's array
# Moves the caller's weights along.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        if isinstance(w, np.ndarray) and w.dtype == float and w.flags.writeable:
            w[:] = path[-1]
    return path


# %% stale_gd | wrong | in the type of the matrix
# Multiplies the first time in the types that come in.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        g = A @ (np.asarray(w) if t <= delay else path[max(t - delay, 0)])
        path.append(path[t] - lr * g.astype(float))
    return path


# %% stale_gd | wrong | rate times matrix
# Scales the matrix by the rate in its own type.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A), float(lr), int(delay)
    A, lr = (lr * A).astype(A.dtype).astype(float), 1.0
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
    return path


# %% stale_gd | wrong | float32
# Calculates in float32, as networks do.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=np.float32).astype(float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        path[-1] = path[-1].astype(np.float32).astype(float)
    return path


# %% stale_gd | wrong | a narrow delay
# Takes the step number in the type of the delay, where it wraps around.
def stale_gd(A, w, lr, delay, steps):
    A, lr = np.asarray(A, dtype=float), float(lr)
    kind = np.asarray(delay).dtype.type
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(
            path[t]
            - lr * (A @ path[max(int(np.asarray(t % 2 ** (8 * np.dtype(kind).itemsize)).astype(kind)) - int(delay), 0)])
        )
    return path


# %% stale_gd | wrong | prints
# Prints the length of the weights at each step.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (A @ path[max(t - delay, 0)]))
        print(np.linalg.norm(path[-1]))
    return path


# %% stale_gd | right | a queue
# Gradients wait in a queue that begins full of the first one.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    from collections import deque

    waiting = deque([A @ path[0]] * delay)
    for _t in range(int(steps)):
        waiting.append(A @ path[-1])
        path.append(path[-1] - lr * waiting.popleft())
    return path


# %% stale_gd | right | one matrix for all
# One matrix moves present and past weights together.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    past = np.tile(path[0], (delay + 1, 1))
    for _ in range(int(steps)):
        new = past[0] - lr * (past[-1] @ A)
        past = np.vstack([new, past[:-1]])
        path.append(new.copy())
    return path


# %% stale_gd | right | plain loops
# Sums over rows in plain Python numbers.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        old = [float(v) for v in path[max(t - delay, 0)]]
        g = [sum(a * b for a, b in zip(row, old)) for row in A.tolist()]
        path.append(np.array([a - lr * b for a, b in zip(path[t].tolist(), g)]))
    return path


# %% stale_gd | right | from the other side
# The matrix is symmetric: weights times matrix is the same.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    path = [np.array(w, dtype=float)]
    for t in range(int(steps)):
        path.append(path[t] - lr * (path[max(t - delay, 0)] @ A))
    return path


# %% stale_gd | right | a table first
# Fills an array with all weights and hands its rows out as copies.
def stale_gd(A, w, lr, delay, steps):
    A, lr, delay = np.asarray(A, dtype=float), float(lr), int(delay)
    table = np.empty((int(steps) + 1, len(w)))
    table[0] = w
    for t in range(int(steps)):
        table[t + 1] = table[t] - lr * (A @ table[max(t - delay, 0)])
    return [row.copy() for row in table]


# %% dp_gradient | wrong | clips the mean
# Averages first and clips the mean: one long row drowns the others.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    mean = G.mean(axis=0)
    n = np.abs(mean).max()
    n = n * np.linalg.norm(mean / n) if n else 0.0
    return mean * (C / n if n > C else 1.0) + noise


# %% dp_gradient | wrong | clips by the longest
# Scales all rows by the factor of the longest one.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    _len = lambda v: float(np.abs(v).max() * np.linalg.norm(v / np.abs(v).max())) if np.any(v) else 0.0
    most = max(_len(v) for v in G)
    clipped = G * (C / most) if most > C else G
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | clips all rows together
# Clips by the length of all rows as one vector.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    _len = lambda v: float(np.abs(v).max() * np.linalg.norm(v / np.abs(v).max())) if np.any(v) else 0.0
    most = _len(G.ravel())
    clipped = G * (C / most) if most > C else G
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | clips each entry
# Cuts every entry to the range from -C to C.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    clipped = np.clip(G, -C, C)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | clips by the largest entry
# Scales rows until their largest entry is C.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    clipped = np.where(largest > C, G / np.where(largest > 0, largest, 1) * C, G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | clips by the sum of the entries
# Takes the sum of the absolute values for the length.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    size = np.abs(G).sum(axis=1, keepdims=True)
    clipped = np.where(size > C, G / np.where(size > 0, size, 1) * C, G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | clips columns
# Clips along the other axis.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=0, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=0, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | normalises
# Gives every row the length C, short ones too.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(largest > 0, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | drops long rows
# Sets rows that are too long to 0.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, 0.0, G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | to length 1
# Scales long rows to length 1 in the place of C.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit / np.maximum(lengths, 1), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | no clipping
# Adds the noise alone.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    clipped = G
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | squares of the entries
# Takes the root of the sum of squares, which overflow or vanish.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    with np.errstate(all="ignore"):
        size = np.sqrt((G**2).sum(axis=1, keepdims=True))
        clipped = G / np.maximum(1, size / C)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | a floor below the length
# Adds 1e-12 to the length before it divides.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    _len = lambda v: float(np.abs(v).max() * np.linalg.norm(v / np.abs(v).max())) if np.any(v) else 0.0
    size = np.array([[_len(v)] for v in G])
    clipped = G * np.minimum(1, C / (size + 1e-12))
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | zero divided by zero
# Divides a row of zeros by its length.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    with np.errstate(all="ignore"):
        largest = np.abs(G).max(axis=1, keepdims=True)
        unit = G / largest
        size = largest * np.linalg.norm(unit, axis=1, keepdims=True)
        clipped = unit / np.linalg.norm(unit, axis=1, keepdims=True) * np.minimum(size, C)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | sum
# Adds the clipped rows up.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.sum(axis=0) + noise


# %% dp_gradient | wrong | divides by the clipped rows
# Divides by the number of rows that were clipped.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.sum(axis=0) / max(long.sum(), 1) + noise


# %% dp_gradient | wrong | divides by the rows that are not zero
# Leaves rows of zeros out of the mean.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.sum(axis=0) / max(np.any(G, axis=1).sum(), 1) + noise


# %% dp_gradient | wrong | noise of the sum
# Adds to the mean the noise that belongs to the sum.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise without C
# Forgets the length in the scale of the noise.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise by the root of B
# Divides the noise by the root of the number of samples.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / np.sqrt(len(G)) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise shared out
# Shares the noise out among the entries.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) / np.sqrt(G.shape[1]) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise twice averaged
# Adds noise to each row, but with the scale of the mean's: too little is left.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape).mean(axis=0)
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | sigma for the variance
# Takes sigma for the variance of the noise.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = np.sqrt(sigma) * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise by the longest row
# Scales the noise by the longest row that is there.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * min(C, float(np.abs(G).max())) / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise by each entry
# Scales the noise by the size of the entry that it hides.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * clipped.mean(axis=0) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | the same noise for all entries
# Draws one number and adds it to every entry.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal() * np.ones(G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | half the entries
# Draws noise for half the entries and uses it twice.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * np.repeat(rng.normal(size=(G.shape[1] + 1) // 2), 2)[: G.shape[1]]
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | uniform noise
# Draws uniform noise with the right standard deviation.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.uniform(-np.sqrt(3), np.sqrt(3), G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | Laplace noise
# Draws Laplace noise, that of another mechanism.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.laplace(0, np.sqrt(0.5), G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise cut off
# Cuts noise off at two standard deviations.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * np.clip(rng.normal(size=G.shape[1]), -2, 2)
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | positive noise
# Adds the absolute value of the noise.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * np.abs(rng.normal(size=G.shape[1]))
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | no noise where nothing is
# Adds no noise if all rows are zeros.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise * bool(np.any(G))


# %% dp_gradient | wrong | noise before clipping
# Adds noise to each row and clips afterwards, so noise is lost.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    G = G + sigma * C * rng.normal(size=G.shape) / np.sqrt(len(G))
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = 0.0
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise from elsewhere
# Takes the noise from NumPy's global generator.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * np.random.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise with a seed of its own
# Makes a generator of its own, with the same noise in each call.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * np.random.default_rng(0).normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise of a copy
# Draws from a copy of the generator: the next call gets the same noise.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    import copy

    noise = sigma * C / len(G) * copy.deepcopy(rng).normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | noise kept
# Keeps the first noise of each size for all later calls.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    kept = dp_gradient.__dict__
    z = kept.setdefault(G.shape[1], rng.normal(size=G.shape[1]))
    noise = sigma * C / len(G) * z
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | no noise
# Clips and averages, without noise.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0)


# %% dp_gradient | wrong | a narrow product
# Multiplies C and sigma in the type that they come in.
def dp_gradient(G, C, sigma, rng):
    G, scale = (
        np.asarray(G, dtype=float),
        float(np.multiply(sigma, C)) if np.asarray(C).dtype == np.asarray(sigma).dtype else float(sigma) * float(C),
    )
    C, sigma = float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = scale / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | in the type of the rows
# Takes absolute values in the type that comes in: that of -128 is -128.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True).astype(float)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | float32
# Calculates in float32, as networks do.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=np.float32), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | in place
# Writes clipped rows over the caller's.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    if G.flags.writeable:
        G[:] = clipped
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | the first thousand
# Looks at the first thousand rows only.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    G = G[:1000]
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | wrong | a row
# Returns a matrix with one row.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return (clipped.mean(axis=0) + noise)[None]


# %% dp_gradient | wrong | prints
# Prints how many rows were clipped.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    print(long.sum())
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | right | row by row
# A loop that clips each row by its scaled length.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    _len = lambda v: float(np.abs(v).max() * np.linalg.norm(v / np.abs(v).max())) if np.any(v) else 0.0
    clipped = np.array([v * (C / _len(v)) if _len(v) > C else v for v in G])
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | right | math.hypot
# Lengths by hypot, which scales on its own.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    import math

    size = np.array([[math.hypot(*v.tolist())] for v in G])
    clipped = G * np.divide(C, size, out=np.ones_like(size), where=size > C)
    noise = sigma * C / len(G) * rng.normal(size=G.shape[1])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | right | noise for each row
# Adds noise to each clipped row; their mean has the scale that is wanted.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / np.sqrt(len(G)) * rng.standard_normal(G.shape).mean(axis=0)
    return clipped.mean(axis=0) + noise


# %% dp_gradient | right | entry by entry
# Draws the noise one number at a time.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = sigma * C / len(G) * np.array([rng.normal() for _ in range(G.shape[1])])
    return clipped.mean(axis=0) + noise


# %% dp_gradient | right | a covariance matrix
# Draws the noise as one normal vector with a diagonal covariance.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    noise = rng.multivariate_normal(np.zeros(G.shape[1]), np.eye(G.shape[1])) * (sigma * C / len(G))
    return clipped.mean(axis=0) + noise


# %% dp_gradient | right | uniform numbers made normal
# Turns uniform numbers into normal ones by the inverse distribution function.
def dp_gradient(G, C, sigma, rng):
    G, C, sigma = np.asarray(G, dtype=float), float(C), float(sigma)
    largest = np.abs(G).max(axis=1, keepdims=True)
    unit = G / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    long = largest > C / np.maximum(lengths, 1)
    clipped = np.where(long, unit * (C / np.maximum(lengths, 1)), G)
    from scipy.special import ndtri

    noise = sigma * C / len(G) * ndtri(rng.uniform(1e-16, 1, G.shape[1]))
    return clipped.mean(axis=0) + noise


# %% invert_linear | wrong | the first row
# Takes the first row, whose bias gradient may be 0.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    with np.errstate(all="ignore"):
        return dW[0] / db[0]


# %% invert_linear | wrong | the first that is not zero
# Takes the first row that says anything, also where rounding has spoiled it.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.flatnonzero(db)[0]
    return dW[row] / db[row]


# %% invert_linear | wrong | the last that is not zero
# Takes the last row that says anything, however small.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.flatnonzero(db)[-1]
    return dW[row] / db[row]


# %% invert_linear | wrong | the smallest
# Takes the row with the smallest bias gradient that is not 0.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = min(np.flatnonzero(db), key=lambda k: abs(db[k]))
    return dW[row] / db[row]


# %% invert_linear | wrong | the largest without its sign
# Takes the largest bias gradient; a large negative one loses.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(db)
    with np.errstate(all="ignore"):
        return dW[row] / db[row]


# %% invert_linear | wrong | the mean of the quotients
# Averages the quotients of all rows that say anything, spoiled ones too.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    with np.errstate(all="ignore"):
        return (dW[db != 0] / db[db != 0][:, None]).mean(axis=0)


# %% invert_linear | wrong | the sums' quotient
# Divides the sum of the rows by the sum of the biases, which may cancel.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    with np.errstate(all="ignore"):
        return dW.sum(axis=0) / db.sum()


# %% invert_linear | wrong | sum of absolute values
# Divides the summed absolute values: signs are lost.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    return np.abs(dW).max(axis=0) / np.abs(db).max()


# %% invert_linear | wrong | the row itself
# Believes that the row is the input.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row].copy()


# %% invert_linear | wrong | times the bias
# Multiplies where it should divide.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] * db[row]


# %% invert_linear | wrong | divided by its absolute value
# Divides by the size of the bias gradient: the sign may be wrong.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / abs(db[row])


# %% invert_linear | wrong | columns for rows
# Takes a column of the matrix, as Keras stores it.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW.T[row % dW.shape[1]] / db[row]


# %% invert_linear | wrong | by the longest row
# Takes the longest row and divides by the wrong bias gradient.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[np.argmax(np.linalg.norm(dW, axis=0)) % len(db)]


# %% invert_linear | wrong | a unit vector
# Returns the direction of the input, not its length.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    x = dW[row] / db[row]
    return x / max(np.linalg.norm(x), 1e-300)


# %% invert_linear | wrong | scaled to the largest
# Scales the input so that its largest entry is 1.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    x = dW[row] / db[row]
    return x / max(np.abs(x).max(), 1e-300)


# %% invert_linear | wrong | only what is not negative
# Cuts the input off at 0, as pixels are not negative.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return np.maximum(dW[row] / db[row], 0)


# %% invert_linear | wrong | least squares that overflow
# Divides by the sum of squares, which vanishes and overflows.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    with np.errstate(all="ignore"):
        return db @ dW / (db @ db)


# %% invert_linear | wrong | a floor
# Adds 1e-12 to the bias gradient before it divides.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / (db[row] + np.copysign(1e-12, db[row]))


# %% invert_linear | wrong | small is zero
# Takes bias gradients below 1e-10 for 0.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(np.abs(db) > 1e-10):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | close is zero
# Takes bias gradients for 0 that np.allclose does.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if np.allclose(db, 0):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | length is zero
# Asks whether the length is 0, whose squares vanish.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if np.linalg.norm(db) ** 2 == 0:
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | zeros for nothing
# Returns zeros where no row says anything.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        return np.zeros(dW.shape[1])
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | NaN for nothing
# Divides by 0 where no row says anything.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    row = np.argmax(np.abs(db))
    with np.errstate(all="ignore"):
        return dW[row] / db[row]


# %% invert_linear | wrong | refuses any zero
# Raises as soon as one bias gradient is 0.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.all(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | refuses an input of zeros
# Takes a matrix of zeros for a gradient that says nothing.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(dW):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | in the type of the bias
# Takes absolute values in the type that comes in: that of -128 is -128.
def invert_linear(dW, db):
    raw = db
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(np.asarray(raw)))
    return dW[row] / db[row]


# %% invert_linear | wrong | whole quotients
# Divides integers without their fractions.
def invert_linear(dW, db):
    whole = np.asarray(dW).dtype.kind in "iu"
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    x = dW[row] / db[row]
    return np.trunc(x) if whole else x


# %% invert_linear | wrong | in the type that comes in
# Divides in the narrow type of the gradients.
def invert_linear(dW, db):
    dW, db = np.asarray(dW), np.asarray(db)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return dW[row] / db[row]


# %% invert_linear | wrong | rounded
# Rounds to six digits, as rounding errors come from outside.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    return np.round(dW[row] / db[row] * 8) / 8


# %% invert_linear | wrong | one number
# Returns a number where the layer has one input.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    x = dW[row] / db[row]
    return x[0] if len(x) == 1 else x


# %% invert_linear | wrong | all rows
# Returns the quotient of each row.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    with np.errstate(all="ignore"):
        return dW / db[:, None]


# %% invert_linear | wrong | divides in place
# Divides the caller's matrix by the biases.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    if dW.flags.writeable:
        dW[row] /= db[row]
        return dW[row]
    return dW[row] / db[row]


# %% invert_linear | wrong | sorts the biases
# Sorts the caller's biases to find the largest.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    if db.flags.writeable:
        db.sort()
        return dW[row] / (db[-1] if abs(db[-1]) >= abs(db[0]) else db[0])
    return dW[row] / db[row]


# %% invert_linear | wrong | prints
# Prints the row that it has chosen.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    row = np.argmax(np.abs(db))
    print(row)
    return dW[row] / db[row]


# %% invert_linear | right | least squares, scaled
# All rows count by the square of their bias gradient, scaled so that nothing overflows.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    scaled = db / np.abs(db).max()
    return scaled @ (dW / np.abs(db).max()) / (scaled @ scaled)


# %% invert_linear | right | lstsq
# NumPy's least squares for one unknown row, scaled.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    most = np.abs(db).max()
    return np.linalg.lstsq((db / most)[:, None], dW / most, rcond=None)[0][0]


# %% invert_linear | right | sorted rows
# Sorts rows by the size of the bias gradient and takes the last.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    order = sorted(range(len(db)), key=lambda k: abs(db[k]))
    return np.array([v / db[order[-1]] for v in dW[order[-1]]])


# %% invert_linear | right | median of the large
# The median of the quotients of rows at least half as large as the largest.
def invert_linear(dW, db):
    dW, db = np.asarray(dW, dtype=float), np.asarray(db, dtype=float)
    if not np.any(db):
        raise ValueError("expected a bias gradient that is not 0 somewhere")
    large = np.abs(db) >= np.abs(db).max() / 2
    return np.median(dW[large] / db[large][:, None], axis=0)
