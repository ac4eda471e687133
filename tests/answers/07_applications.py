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
# Adds the gradient where it should be taken off.
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
# Records the perplexity in place of the loss.
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


# %% anomaly_threshold | wrong | interpolated
# Takes NumPy's default quantile, which lies between two scores.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(np.quantile(scores, q))


# %% anomaly_threshold | wrong | one place too far
# Counts places from 0.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[min(place, len(scores) - 1)])


# %% anomaly_threshold | wrong | rounded down
# Rounds the place down: less than the share q is below.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(q * len(scores) + 1e-9))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | rounded
# Rounds the place to the nearest one.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, round(q * len(scores)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | rounding believed
# Believes that 0.07 * 100 is above 7.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores))))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | the share above
# Takes q for the share of alarms.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    q = 1 - q
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | unsorted
# Takes the place in the order in which the scores came.
def anomaly_threshold(scores_normal, q):
    scores, q = np.asarray(scores_normal, dtype=float), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | mean and deviations
# Takes the scores for normally distributed.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    from scipy.special import ndtri

    return float(scores.mean() + scores.std() * ndtri(min(q, 1 - 1e-9)))


# %% anomaly_threshold | wrong | each score once
# Leaves equal scores out.
def anomaly_threshold(scores_normal, q):
    scores, q = np.unique(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | sorts the caller's array
# Sorts the scores where they lie.
def anomaly_threshold(scores_normal, q):
    scores, q = np.asarray(scores_normal), float(q)
    scores.sort()
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | a promise for new samples
# Takes the place ceil(q (n + 1)), which another definition has.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * (len(scores) + 1) - 1e-9)))
    return float(scores[min(place, len(scores)) - 1])


# %% anomaly_threshold | wrong | NaN dropped
# Leaves NaN out in silence.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    scores = scores[~np.isnan(scores)]
    if not len(scores):
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | NaN looked for at the end
# Looks for NaN in the last score as it came.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores_normal[-1]):
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | infinite scores refused
# Takes an infinite score for a mistake.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or not np.isfinite(scores).all():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | q of 1 refused
# Allows no q of 1.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q < 1:
        raise ValueError(f"expected 0 < q < 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | q clipped
# Clips q into its range.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    q = min(max(q, 0), 1) if q == q else 1.0
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | its own type
# Returns a score in the type that came.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return scores[place - 1]


# %% anomaly_threshold | wrong | single precision
# Sorts the scores as float32.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=np.float32)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | a narrow q
# Multiplies q in its own type.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), q
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * np.asarray(q).dtype.type(len(scores)) - 1e-9)))
    return float(scores[place - 1])


# %% anomaly_threshold | wrong | too much taken off
# Takes a hundredth off before it rounds up.
def anomaly_threshold(scores_normal, q):
    scores, q = np.sort(np.asarray(scores_normal, dtype=float)), float(q)
    if not len(scores) or np.isnan(scores).any():
        raise ValueError("expected at least one score, and no NaN")
    if not 0 < q <= 1:
        raise ValueError(f"expected 0 < q <= 1, got {q}")
    place = max(1, int(np.ceil(q * len(scores) - 1e-2)))
    return float(scores[place - 1])


# %% anomaly_threshold | right | by counting
# Tries each score, the smallest first, and counts what lies at or below.
def anomaly_threshold(scores_normal, q):
    scores = [float(s) for s in scores_normal]
    if not scores or any(s != s for s in scores) or not 0 < float(q) <= 1:
        raise ValueError("scores without NaN, and q between 0 and 1")
    for s in sorted(set(scores)):
        if sum(other <= s for other in scores) >= float(q) * len(scores) - 1e-9:
            return s


# %% anomaly_threshold | right | a heap
# Takes the smallest ones from a heap until enough are out.
def anomaly_threshold(scores_normal, q):
    import heapq
    import math

    heap = [float(s) for s in scores_normal]
    if len(heap) == 0 or any(math.isnan(s) for s in heap) or not (float(q) > 0 and float(q) <= 1):
        raise ValueError
    heapq.heapify(heap)
    wanted, taken = float(q) * len(heap) - 1e-9, 0
    while True:
        smallest, taken = heapq.heappop(heap), taken + 1
        if taken >= wanted:
            return smallest


# %% anomaly_threshold | right | partition
# Puts one place in order, and no other.
def anomaly_threshold(scores_normal, q):
    s = np.array(scores_normal, dtype=np.float64)
    if s.size == 0 or np.any(s != s):
        raise ValueError("scores")
    if not (q > 0 and q <= 1):
        raise ValueError("q")
    k = float(q) * s.size
    k = round(k) if abs(k - round(k)) < 1e-9 else int(k) + 1
    return np.partition(s, max(k, 1) - 1)[max(k, 1) - 1].item()


# %% anomaly_threshold | right | a distribution function
# The first place at which the counted distribution function reaches q.
def anomaly_threshold(scores_normal, q):
    values, counts = np.unique(np.asarray(scores_normal, dtype=float), return_counts=True)
    if not values.size or np.isnan(values).any():
        raise ValueError("no scores, or NaN")
    if not 0 < q <= 1:
        raise ValueError("q")
    return float(values[np.searchsorted(np.cumsum(counts), float(q) * counts.sum() - 1e-9)])


# %% anomaly_threshold | right | PyTorch
# kthvalue counts from 1.
def anomaly_threshold(scores_normal, q):
    import torch

    s = torch.tensor([float(v) for v in scores_normal], dtype=torch.float64)
    if s.numel() == 0 or bool(torch.isnan(s).any()) or not 0 < float(q) <= 1:
        raise ValueError("bad input")
    k = int(-(-(float(q) * s.numel() - 1e-9) // 1))
    return torch.kthvalue(s, max(k, 1)).values.item()


# %% auc | wrong | ties by place
# Numbers equal scores in the order in which they lie.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    ranks = np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 1.0
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | ties lost
# Gives equal scores the lowest of their places.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1))[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | ties won
# Gives equal scores the highest of their places.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) * 1.0)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | ties share a number
# Numbers the different scores only.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = place + 1.0
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | the other way round
# Counts pairs in which the normal sample has the larger score.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 0].sum() - n * (n + 1) / 2) / (m * n))


# %% auc | wrong | never below one half
# Turns a bad score round.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return max(
        float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n)),
        1 - float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n)),
    )


# %% auc | wrong | ranks from 0
# Numbers from 0 and takes off as if from 1.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place] - 1
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | no anomalies taken off
# Forgets that anomalies lie below anomalies.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum()) / (m * n))


# %% auc | wrong | divided by all pairs
# Divides by all pairs of samples.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (len(y) * (len(y) - 1) / 2))


# %% auc | wrong | Gini
# Returns 2 AUC - 1.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float(2 * ((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n)) - 1)


# %% auc | wrong | all pairs at once
# Compares each anomaly with each normal sample, in one array.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    a, b = scores[y == 1][:, None], scores[y == 0][None]
    return float(np.mean((a > b) + 0.5 * (a == b)))


# %% auc | wrong | nearly equal is equal
# Rounds scores to ten digits before it compares.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(np.round(scores.astype(float), 10), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | single precision
# Compares the scores as float32.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores.astype(np.float32), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | integers as floats
# Makes floats of all scores, so that large integers become equal.
def auc(scores, y):
    scores, y = np.asarray(scores, dtype=float), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | labels that wrap
# Counts the anomalies in the type of the labels.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m = int(y.sum(dtype=y.dtype))
    n = len(y) - m
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | NaN is the smallest
# Puts NaN below all scores.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    scores = np.where(np.isnan(scores), -np.inf, scores)
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | one half without pairs
# Returns one half where a label is missing.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        return 0.5
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | other labels are normal
# Takes all that is not 1 for normal.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape:
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y != 1))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | longer labels cut off
# Cuts scores and labels to the same length.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    scores, y = scores[: len(y)], y[: len(scores)]
    if not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | sorts the caller's scores
# Sorts scores where they lie.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    scores += 0
    order = np.argsort(scores)
    y = y[order]
    scores.sort()
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n))


# %% auc | wrong | accuracy at the best threshold
# Returns the largest share of right answers over all thresholds.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    return float(max(np.mean((scores >= t) == (y == 1)) for t in np.unique(scores)[:500]))


# %% auc | wrong | steps without slants
# Adds up columns of the ROC curve sample by sample, ties in the order of the samples.
def auc(scores, y):
    scores, y = np.asarray(scores), np.asarray(y, dtype=float)
    if scores.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected a label 0 or 1 for each score")
    if np.isnan(scores).any():
        raise ValueError("expected scores without NaN")
    m, n = int(np.sum(y == 1)), int(np.sum(y == 0))
    if not m or not n:
        raise ValueError(f"expected both labels, got {m} anomalies and {n} normal samples")
    order = np.argsort(-scores.astype(float), kind="stable")
    return float(np.sum(np.cumsum(y[order]) * (y[order] == 0)) / (m * n))


# %% auc | right | the area
# Trapezoids under the ROC curve, a corner for each different score.
def auc(scores, y):
    s, y = np.asarray(scores), np.asarray(y)
    if s.shape != y.shape or not np.isin(y, (0, 1)).all() or np.isnan(s).any() or len(np.unique(y)) != 2:
        raise ValueError("bad input")
    values, place = np.unique(s, return_inverse=True)
    hits = np.bincount(place, weights=(y == 1).astype(float))[::-1]
    alarms = np.bincount(place, weights=(y == 0).astype(float))[::-1]
    up, right = np.r_[0, hits.cumsum()], np.r_[0, alarms.cumsum()]
    return float(np.sum(np.diff(right) * (up[1:] + up[:-1]) / 2) / (up[-1] * right[-1]))


# %% auc | right | bisection
# For each anomaly, how many sorted normal scores lie below, and at or below.
def auc(scores, y):
    from bisect import bisect_left, bisect_right

    s, labels = np.asarray(scores).tolist(), np.asarray(y).tolist()
    if len(s) != len(labels) or any(v != v for v in s) or any(label not in (0, 1) for label in labels):
        raise ValueError("bad input")
    normal = sorted(v for v, label in zip(s, labels) if label == 0)
    odd = [v for v, label in zip(s, labels) if label == 1]
    if not normal or not odd:
        raise ValueError("both labels")
    won = sum(bisect_left(normal, v) + bisect_right(normal, v) for v in odd)
    return won / (2 * len(normal) * len(odd))


# %% auc | right | scipy's ranks
# rankdata gives equal scores the mean of their places.
def auc(scores, y):
    from scipy.stats import rankdata

    s, y = np.array(scores), np.array(y).astype(float)
    if s.shape != y.shape or set(np.unique(y)) != {0.0, 1.0} or np.any(s != s):
        raise ValueError("bad input")
    order = np.unique(s, return_inverse=True)[1]
    m = int((y == 1).sum())
    return ((rankdata(order)[y == 1]).sum() - m * (m + 1) / 2).item() / (m * (len(y) - m))


# %% auc | right | a walk
# Walks up the sorted scores, a group of equal ones at a time, in whole numbers.
def auc(scores, y):
    from itertools import groupby

    s, labels = np.asarray(scores).tolist(), np.asarray(y).tolist()
    if len(s) != len(labels):
        raise ValueError("lengths")
    if any(v != v for v in s) or {float(label) for label in labels} != {0.0, 1.0}:
        raise ValueError("NaN or labels")
    below, twice = 0, 0
    for _, group in groupby(sorted(zip(s, labels)), key=lambda pair: pair[0]):
        group = [int(label) for _, label in group]
        odd = sum(group)
        twice += odd * (2 * below + len(group) - odd)
        below += len(group) - odd
    m = sum(map(int, labels))
    return twice / (2 * m * (len(s) - m))


# %% auc | right | Mann and Whitney
# The statistic U of scipy, over all pairs.
def auc(scores, y):
    from scipy.stats import mannwhitneyu

    s, y = np.asarray(scores), np.asarray(y).astype(float)
    if s.shape != y.shape or not ((y == 0) | (y == 1)).all() or np.isnan(s).any():
        raise ValueError("bad input")
    s = np.unique(s, return_inverse=True)[1]
    odd, normal = s[y == 1], s[y == 0]
    if min(len(odd), len(normal)) == 0:
        raise ValueError("both labels")
    return float(mannwhitneyu(odd, normal, method="asymptotic").statistic / (len(odd) * len(normal)))


# %% freeze | wrong | names that begin alike
# Takes "body.10" for a piece of "body.1", since its name begins so.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        for other, part in parts.items():
            if name in parts and other.startswith(name):
                part.training = False
        for other, p in parameters.items():
            if other.startswith(name):
                p.requires_grad_(False)
                p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | still in training mode
# Forgets the mode, so that running statistics move on.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | all in evaluation mode
# Puts the whole model into evaluation mode, trained parts and all.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    model.eval()
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | only batch norm sleeps
# Puts the batch norms into evaluation mode and leaves dropout on.
import torch


def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        for part in parts[name].modules() if name in parts else []:
            if isinstance(part, torch.nn.BatchNorm1d):
                part.eval()
        frozen = parts[name].parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | the part but not what is in it
# Sets the flag of the part itself, and its children still train.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        if name in parts:
            parts[name].training = False
        frozen = parts[name].parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | old gradients stay
# Leaves the last gradient in place, and the optimizer uses it again.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | gradients of zero
# Sets gradients to 0, so momentum and weight decay still move the weights.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            if p.grad is not None:
                p.grad.zero_()
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | all gradients cleared
# Clears the gradients of the parts that still train as well.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    model.zero_grad()
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | the others wake up
# Sets each flag anew, which thaws what was frozen before.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    model.requires_grad_(True)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | back to training first
# Begins with the training mode for all parts, whatever it was before.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    model.train()
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | first names only
# Knows a weight in two places by the first of its names alone.
def freeze(model, names):
    parts = dict(model.named_modules())
    parameters = dict(model.named_parameters())
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | only direct parameters
# Freezes what lies directly in the part, and nothing deeper.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters(recurse=False) if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | only parameters by name
# Takes the names for those of parameters and refuses parts.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | unknown names pass
# Skips a misspelt name without a word to anybody.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            names = [n for n in names if n != name]
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | half done
# Freezes the names before the bad one, and then raises.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | a KeyError
# Lets the dictionary complain in its own way about a bad name.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise KeyError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | buffers count as parameters
# Looks a name up in the state, where buffers are too.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in model.state_dict():
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]] if name in parameters else []
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | returns what is frozen
# Gives the names of the frozen ones where the others are asked for.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if not p.requires_grad]


# %% freeze | wrong | statistics forgotten
# Resets the running statistics of the parts that it freezes.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        for part in parts[name].modules() if name in parts else []:
            if hasattr(part, "reset_running_stats"):
                part.reset_running_stats()
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | wrong | a parameter takes its part along
# Puts the owner of a single parameter into evaluation mode too.
def freeze(model, names):
    parts = dict(model.named_modules(remove_duplicate=False))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in names:
        if name not in parts and name not in parameters:
            raise ValueError(name)
    for name in names:
        if name not in parts:
            parts[name.rpartition(".")[0]].eval()
        frozen = parts[name].eval().parameters() if name in parts else [parameters[name]]
        for p in frozen:
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | right | looked up by path
# PyTorch's own look-up; what it does not find becomes a ValueError.
import torch


def freeze(model, names):
    found = []
    for name in names:
        try:
            found.append(model.get_submodule(name))
        except AttributeError:
            try:
                found.append(model.get_parameter(name))
            except AttributeError:
                raise ValueError(f"no such part or parameter: {name}") from None
    for each in found:
        if isinstance(each, torch.nn.Module):
            each.train(False)
            each.zero_grad(set_to_none=True)
        each.requires_grad_(False)
        if isinstance(each, torch.nn.Parameter):
            each.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | right | a walk through the tree
# Walks from part to part by hand, with the names that lead there.
import torch


def freeze(model, names):
    wanted, seen, jobs = set(names), set(), []

    def walk(part, path, held):
        held = held or path in wanted
        if path in wanted:
            seen.add(path)
        if held:
            jobs.append(part)
        for name, p in part._parameters.items():
            full = f"{path}.{name}" if path else name
            if p is not None and (held or full in wanted):
                jobs.append(p)
                if full in wanted:
                    seen.add(full)
        for name, child in part._modules.items():
            if child is not None:
                walk(child, f"{path}.{name}" if path else name, held)

    walk(model, "", False)
    if seen != wanted:
        raise ValueError(f"unknown: {sorted(wanted - seen)}")
    for job in jobs:
        if isinstance(job, torch.nn.Module):
            job.training = False
        else:
            job.requires_grad, job.grad = False, None
    return [name for name, p in model.named_parameters() if p.requires_grad]


# %% freeze | right | sets of identities
# Collects what is to be still by identity, then goes once over the model.
import torch


def freeze(model, names):
    by_name = {
        **dict(model.named_parameters(remove_duplicate=False)),
        **dict(model.named_modules(remove_duplicate=False)),
    }
    if not set(names) <= set(by_name):
        raise ValueError("names that the model does not have")
    still = set()
    for name in names:
        each = by_name[name]
        still.add(id(each))
        if isinstance(each, torch.nn.Module):
            still.update(map(id, each.modules()))
            still.update(map(id, each.parameters()))
    for part in model.modules():
        part.training = part.training and id(part) not in still
    rest = []
    for name, p in model.named_parameters():
        if id(p) in still:
            p.requires_grad = False
            p.grad = None
        elif p.requires_grad:
            rest.append(name)
    return rest
