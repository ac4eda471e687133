# %% bigram_fit | wrong | the sum of the pairs
# Takes the sum of the losses' gradients for their mean.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts)
    return chars, W, losses


# %% bigram_fit | wrong | a mean in each row
# Divides each row's gradient by its own count.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (np.exp(log_p) - counts / np.maximum(rows, 1)) * (rows > 0)
    return chars, W, losses


# %% bigram_fit | wrong | divided by the characters
# Counts characters where there are pairs.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text)
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | the text as a ring
# Lets the first character follow the last one.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at, at[1:] + at[:1]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text)
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | columns for rows
# A row for the next character, a column for the one before.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[1:], at[:-1]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | softmax over the columns
# Makes each column sum to 1.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=0, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=0, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | softmax over the table
# Makes the whole table sum to 1.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max()
        log_p = z - np.log(np.exp(z).sum())
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | uphill
# Adds the gradient.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W += float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | loss after the step
# Has no loss for the start.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps)):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        W -= float(lr) * (rows * np.exp(log_p) - counts) / n
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
    return chars, W, losses


# %% bigram_fit | wrong | no last loss
# Ends the record before the last step.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses[: max(1, int(steps))]


# %% bigram_fit | wrong | one step more
# Steps once more after the last loss.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | exponentials that overflow
# Computes softmax without taking off the largest score.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | a floor below the logarithm
# Adds 1e-12 to the probability before the logarithm.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * np.log(np.exp(log_p) + 1e-12)) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | scores cut off
# Keeps the scores between -30 and 30, against overflow.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W = np.clip(W - float(lr) * (rows * np.exp(log_p) - counts) / n, -30, 30)
    return chars, W, losses


# %% bigram_fit | wrong | order of appearance
# Sorts the characters as they come in the text.
def bigram_fit(text, lr, steps):
    chars = "".join(dict.fromkeys(text))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | small letters only
# Makes no difference between capital and small letters.
def bigram_fit(text, lr, steps):
    text = text.lower()
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | words, not lines
# Strips spaces and line ends from both ends of the text.
def bigram_fit(text, lr, steps):
    text = text.strip() if len(text.strip()) > 1 else text
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | the alphabet only
# Knows ASCII characters and leaves all others out.
def bigram_fit(text, lr, steps):
    text = "".join(c for c in text if ord(c) < 128)
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | counting
# Counts and takes logarithms: no descent.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    with np.errstate(all="ignore"):
        W = np.log(counts / rows)
    return chars, W, losses


# %% bigram_fit | wrong | smoothed counts
# Counts each pair once more than it comes.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.ones((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), counts.sum()
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | bits
# Takes the loss to the base 2.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n / np.log(2)))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | perplexity for the loss
# Records the perplexity.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(np.exp(-np.sum(counts * log_p) / n)))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | the mean over all cells
# Divides the loss by the number of cells of the table.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / counts.size))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | steps that wrap
# Adds 1 to the steps in their own narrow type.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(steps + type(steps)(1)):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | a rate of its own type
# Computes with scores in the type of the rate.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros(counts.shape, np.asarray(lr).dtype if np.asarray(lr).dtype.kind == "f" else float), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W = (W - lr * (rows * np.exp(log_p) - counts) / n).astype(W.dtype)
    return chars, W, losses


# %% bigram_fit | wrong | narrow counts
# Counts in 16 bits.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)), np.int16)
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True).astype(float), len(text) - 1
    counts = counts.astype(float)
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | tiny steps are no steps
# Stops when no score moves by more than 1e-9.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            step = float(lr) * (rows * np.exp(log_p) - counts) / n
            W -= step * (np.abs(step).max() > 1e-9)
    return chars, W, losses


# %% bigram_fit | wrong | pair by pair
# Takes a step after each pair, not after all.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            for i, j in zip(at[:-1], at[1:]):
                p = np.exp(W[i] - W[i].max())
                W[i] -= float(lr) / n * (p / p.sum() - np.eye(len(chars))[j])
    return chars, W, losses


# %% bigram_fit | wrong | random start
# Starts from small random scores, as networks do.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.random.default_rng(0).normal(0, 0.01, counts.shape), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    return chars, W, losses


# %% bigram_fit | wrong | rows that sum to zero
# Takes the mean off each row at each step, with no need.
def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
            W -= W.max(axis=1, keepdims=True)
    return chars, W, losses


# %% bigram_fit | wrong | the table that was before
# Keeps one array for all calls.
_TABLES = {}


def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = np.zeros_like(counts), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    table = _TABLES.setdefault(len(chars), W)
    table[...] = W
    return chars, table, losses


# %% bigram_fit | wrong | learned by all calls
# Goes on from the scores of the last call.
_SCORES = {}


def bigram_fit(text, lr, steps):
    chars = "".join(sorted(set(text)))
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)
    rows, n = counts.sum(axis=1, keepdims=True), len(text) - 1
    W, losses = _SCORES.get(chars, np.zeros_like(counts)).copy(), []
    for t in range(int(steps) + 1):
        z = W - W.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-np.sum(counts * log_p) / n))
        if t < int(steps):
            W -= float(lr) * (rows * np.exp(log_p) - counts) / n
    _SCORES[chars] = W
    return chars, W, losses


# %% bigram_fit | right | one-hot and matrices
# Softmax regression as in unit 01, a row for each pair.
def bigram_fit(text, lr, steps):
    chars = sorted(set(text))
    X = np.eye(len(chars))[[chars.index(c) for c in text]]
    W, losses = np.zeros((len(chars), len(chars))), []
    for step in range(int(steps) + 1):
        Z = X[:-1] @ W
        top = Z.max(axis=1)
        total = top + np.log(np.exp(Z - top[:, None]).sum(axis=1))
        losses.append(float(np.mean(total - (Z * X[1:]).sum(axis=1))))
        if step != int(steps):
            W = W - float(lr) * X[:-1].T @ (np.exp(Z - total[:, None]) - X[1:]) / len(Z)
    return "".join(chars), W, losses


# %% bigram_fit | right | PyTorch
# Autograd and its own cross-entropy, pair by pair.
def bigram_fit(text, lr, steps):
    import torch

    chars = sorted(set(text))
    at = torch.tensor([chars.index(c) for c in text])
    W = torch.zeros(len(chars), len(chars), dtype=torch.float64, requires_grad=True)
    losses = []
    for step in range(int(steps) + 1):
        loss = torch.nn.functional.cross_entropy(W[at[:-1]], at[1:])
        losses.append(loss.item())
        if step < int(steps):
            (g,) = torch.autograd.grad(loss, [W])
            with torch.no_grad():
                W -= float(lr) * g
    return "".join(chars), W.detach().numpy(), losses


# %% bigram_fit | right | dictionaries
# Plain Python: a dictionary of pairs, and fractions of counts.
def bigram_fit(text, lr, steps):
    from collections import Counter
    from math import exp, fsum, log

    chars, pairs = sorted(set(text)), Counter(zip(text, text[1:]))
    before, n = Counter(text[:-1]), len(text) - 1
    W = {(a, b): 0.0 for a in chars for b in chars}

    def total(a):
        top = max(W[a, b] for b in chars)
        return top + log(fsum(exp(W[a, b] - top) for b in chars))

    losses = []
    for left in range(int(steps), -1, -1):
        sums = {a: total(a) for a in chars}
        losses.append(fsum(count * (sums[a] - W[a, b]) for (a, b), count in pairs.items()) / n)
        if left:
            W = {(a, b): w - float(lr) * (before[a] * exp(w - sums[a]) - pairs[a, b]) / n for (a, b), w in W.items()}
    return "".join(chars), np.array([[W[a, b] for b in chars] for a in chars]), losses


# %% bigram_fit | right | row by row
# Rows do not know of each other: each is descended alone, and the losses are added up.
def bigram_fit(text, lr, steps):
    steps, lr = int(steps), float(lr)
    chars = "".join(sorted(set(text)))
    W, losses, n = [], np.zeros(steps + 1), len(text) - 1
    for a in chars:
        row = np.array([float(sum(x == a and y == b for x, y in zip(text, text[1:]))) for b in chars]) / n
        w = np.zeros(len(chars))
        for step in range(steps + 1):
            total = np.logaddexp.reduce(w)
            losses[step] += row @ (total - w)
            if step < steps:
                w = w - lr * (row.sum() * np.exp(w - total) - row)
        W.append(w)
    return chars, np.array(W), losses.tolist()


# %% bigram_fit | right | a class with steps
# An object that holds counts and scores, driven by a generator.
class _Bigram:
    def __init__(self, text):
        self.chars, codes = np.unique([ord(c) for c in text], return_inverse=True)
        K = len(self.chars)
        self.shares = np.bincount(K * codes[:-1] + codes[1:], minlength=K * K).reshape(K, K) / (len(codes) - 1)
        self.W = np.zeros((K, K))

    def run(self, lr, steps):
        for step in range(steps + 1):
            log_p = self.W - np.logaddexp.reduce(self.W, axis=1, keepdims=True)
            yield -float(np.vdot(self.shares, log_p))
            if step < steps:
                self.W = self.W + lr * (self.shares - self.shares.sum(axis=1)[:, None] * np.exp(log_p))


def bigram_fit(text, lr, steps):
    model = _Bigram(text)
    losses = list(model.run(float(lr), int(steps)))
    return "".join(map(chr, model.chars)), model.W, losses


# %% bigram_fit | right | recursion
# The scores after t steps are those after t - 1, and one more step.
def bigram_fit(text, lr, steps):
    from scipy.sparse import coo_array
    from scipy.special import log_softmax, softmax

    chars = sorted(set(text))
    at = [chars.index(c) for c in text]
    C = coo_array((np.ones(len(at) - 1), (at[:-1], at[1:])), shape=2 * (len(chars),)).toarray() / (len(at) - 1)

    def after(t):
        if t == 0:
            return [np.zeros_like(C)]
        path = after(t - 1)
        return [*path, path[-1] - float(lr) * (C.sum(1)[:, None] * softmax(path[-1], axis=1) - C)]

    path = after(int(steps))
    return "".join(chars), path[-1], [float(-(C * log_softmax(W, axis=1)).sum()) for W in path]
