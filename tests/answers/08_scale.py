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
