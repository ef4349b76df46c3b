# cython: language_level=3, wraparound=False, cdivision=True
"""The innermost arithmetic of a list, compiled: each function does what that of `kernels_numpy` does.

Lengths, rows and ids are looked at before memory is: ValueError for what does not fit, IndexError for an id beyond the
work array.
"""

cimport cython
cimport numpy as cnp
import numpy as np

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.math cimport fabs, log1p
from libc.string cimport memcpy

from scoring import kernels_numpy

cnp.import_array()

__all__ = kernels_numpy.FUNCTIONS

cdef double LOG_SHARPNESS = kernels_numpy.LOG_SHARPNESS
cdef double ROUNDING = kernels_numpy.ROUNDING
cdef int LISTED = kernels_numpy.LISTED, MODELLED = kernels_numpy.MODELLED, COUNTED = kernels_numpy.COUNTED
cdef tuple TOTALS = kernels_numpy.TOTALS
cdef int AFTER = kernels_numpy.AFTER, BEFORE = kernels_numpy.BEFORE
cdef double[16] POWERS  # of ten
for _power in range(16):
    POWERS[_power] = 10.0 ** _power


cdef void* _numbers(object array, int kind, Py_ssize_t size) except NULL:
    """Where the numbers of an array of that length and type begin. A third of the time of a memory view."""
    if not cnp.PyArray_Check(array):
        raise TypeError("no array")
    cdef cnp.ndarray held = array
    if held.ndim != 1 or cnp.PyArray_DIM(held, 0) != size:
        raise ValueError("lengths do not fit")
    if cnp.PyArray_TYPE(held) != kind or not cnp.PyArray_ISCARRAY_RO(held):
        raise ValueError("numbers of another type, or not beside each other")
    return cnp.PyArray_DATA(held)


cdef double _value(str text, Py_ssize_t start, Py_ssize_t end) except? -1:
    """The number in that part of the text. With 15 digits both of its parts are exact, so that the quotient is right."""
    cdef double value = 0
    cdef int digits = 0, decimals = -1
    cdef Py_ssize_t place
    cdef Py_UCS4 sign
    for place in range(start, end):
        sign = text[place]
        if sign == u"." and decimals < 0:
            decimals = 0
        elif u"0" <= sign <= u"9":
            value = 10 * value + (<int>sign - <int>u"0")
            digits += 1
            decimals += decimals >= 0
        else:
            return float(text[start:end])
    if not 0 < digits < 16:
        return float(text[start:end])
    return value / POWERS[decimals] if decimals > 0 else value


cdef Py_ssize_t _end(str text, Py_ssize_t start):
    """Where the word ends that begins there."""
    while start < len(text) and text[start] != u" ":
        start += 1
    return start


def named(texts):
    cdef list names = [], numbers = []
    cdef dict place_of = {}
    cdef double number, weight
    cdef Py_ssize_t start, middle, end, place
    cdef str text, name
    cdef bint alone = len(texts) == 1  # mostly: nothing to look up
    for text, weight in texts:
        end = -1
        while end < len(text):
            start = end + 1
            middle = _end(text, start)
            end = _end(text, middle + 1)
            if middle == len(text):
                raise ValueError("a name without a number")
            name, number = text[start:middle], weight * _value(text, middle + 1, end)
            if not alone:
                place = place_of.setdefault(name, len(names))
                if place < len(names):
                    numbers[place] += number
                    continue
            names.append(name)
            numbers.append(number)
    return names, np.array(numbers, np.float64)


def sides(list names, const double[::1] values, double least):
    cdef Py_ssize_t size = len(names), entry
    cdef int count = 0, ahead = 0
    cdef str name
    cdef Py_UCS4 mark
    if values.shape[0] != size:
        raise ValueError("lengths do not fit")
    cdef list found = []
    cdef dict totals = dict.fromkeys(TOTALS, 0.0)
    kept_array = np.empty(size)
    cdef double[::1] kept = kept_array
    for mark in u">", u"<":
        for entry in range(size):
            name = <str>names[entry]
            if len(name) < 3 and name in totals:
                totals[name] = values[entry]
            elif name[0] == mark and values[entry] > least:
                found.append(name[1:])
                kept[count] = values[entry]
                count += 1
        if mark == u">":
            ahead = count
    return found, kept_array[:count], ahead, totals


def echoed(pairs, list items, list read_ms, totals, list own, double[:, ::1] factors, sources):
    cdef int size = len(items), first, second, total = 0, added, entry, place
    first, second = sources
    if len(read_ms) != size or len(own) != size or factors.shape[0] < size:
        raise ValueError("lengths do not fit")
    if len(totals) != 2 or len(totals[0]) != size or len(totals[1]) != size:
        raise ValueError("lengths do not fit")
    if not 0 <= first < factors.shape[1] or not 0 <= second < factors.shape[1]:
        raise ValueError("no such row")
    cdef dict place_of = {}
    for place in range(size):
        place_of[items[place]] = place
    lists_array, parts_array = np.empty(3 * len(pairs), np.int32), np.empty(3 * len(pairs), np.int8)
    amounts_array = np.empty(3 * len(pairs))
    cdef int[::1] lists = lists_array
    cdef signed char[::1] parts = parts_array
    cdef double[::1] amounts = amounts_array
    cdef list others = [], own_after = [0.0] * size
    cdef double weight
    cdef long long at_ms
    for one, then, weight, at_ms in pairs:
        held = place_of.get(one)
        if held is not None and at_ms <= read_ms[held]:
            lists[total], parts[total], amounts[total] = held, AFTER, weight
            others.append(then)
            own_after[held] += weight
            total += 1
        held = place_of.get(then)
        if held is not None and at_ms <= read_ms[held]:
            lists[total], parts[total], amounts[total] = held, BEFORE, weight
            others.append(one)
            total += 1
    cdef list counts = _without_own(factors, first, totals[0], own)
    cdef list counts_after = _without_own(factors, second, totals[1], own_after)
    added = total
    for entry in range(added):
        weight = amounts[entry]
        amounts[entry] = weight * <double>counts[lists[entry]]
        if parts[entry] == AFTER:
            lists[total], parts[total] = lists[entry], AFTER
            amounts[total] = weight * <double>counts_after[lists[entry]]
            others.append(others[entry])
            total += 1
    rows = np.full(total, second, np.int8)
    rows[:added] = first
    return lists_array[:total], parts_array[:total], rows, others, amounts_array[:total]


cdef list _without_own(double[:, ::1] factors, int row, list totals, list own):
    """Makes the factors in the row those of shares of others' part of the totals; how much a weight of 1 counts then."""
    cdef int place
    cdef double total, mine, count
    cdef list counts = []
    for place in range(<int>len(own)):
        total, mine, count = totals[place], own[place], 0.0
        if total >= 0:
            if total > mine:
                count = factors[place, row] / (total - mine)
            if mine != 0:
                factors[place, row] = count * total
        counts.append(count)
    return counts


@cython.boundscheck(False)
cdef int _number(
    const int[::1] ids, int[::1] slot, int[::1] distinct, int[::1] places
) except -1:
    """Fills `distinct` and `places`, as long as `ids` both; how many are distinct."""
    cdef int count = 0, entry, place, item
    for entry in range(<int>ids.shape[0]):
        item = ids[entry]
        if item < 0 or item >= slot.shape[0]:
            raise IndexError(item)
        place = slot[item]  # right, or left over from before
        if not 0 <= place < count or distinct[place] != item:
            place = count
            slot[item] = place
            distinct[place] = item
            count += 1
        places[entry] = place
    return count


def renumber(const int[::1] ids, int[::1] slot):
    distinct, places = np.empty((2, ids.shape[0]), np.int32)
    cdef int count = _number(ids, slot, distinct, places)
    return distinct[:count], places


cdef int _write(const int[::1] among, int[::1] slot) except -1:
    cdef int place
    for place in range(<int>among.shape[0] - 1, -1, -1):  # the last write wins: the first appearance
        slot[among[place]] = place
    return 0


cdef int _find(int item, const int[::1] among, const int[::1] slot) except -2:
    """The first place of the item in what was written, -1 where it is not."""
    if item < 0 or item >= slot.shape[0]:
        return -1
    cdef int place = slot[item]
    return place if place < among.shape[0] and among[place] == item else -1


def found(const int[::1] among, const int[::1] wanted, int[::1] slot):
    result = np.empty((2, wanted.shape[0]), np.int32)
    cdef int[:, ::1] pairs = result
    cdef int count = 0, entry, place
    _write(among, slot)
    for entry in range(wanted.shape[0]):
        place = _find(wanted[entry], among, slot)
        if place >= 0:
            pairs[0, count] = entry
            pairs[1, count] = place
            count += 1
    return result[0, :count], result[1, :count]


@cython.boundscheck(False)
def gathered(lists, const double[:, ::1] factors, echo, int[::1] slot):
    # Everything is asked for once, and held while it is read.
    cdef list spoken = list(lists)
    cdef list said = [(one.ids, one.sources, one.parts) for one in (*spoken, echo)]
    cdef list weights = [np.asarray(one.weights, np.float64) for one in spoken]
    cdef list sizes = [len(one[0]) for one in said]
    cdef const int[::1] echo_lists = echo.lists
    cdef const double[::1] echo_amounts = echo.amounts
    cdef int count = len(spoken), sources = factors.shape[1], total = sum(sizes), start = 0, known, of_lists
    if factors.shape[0] != count:
        raise ValueError("lengths do not fit")
    numbers, kinds, amounts_array = np.empty((4, total), np.int32), np.empty((2, total), np.int8), np.empty(total)
    cdef int[::1] ids = numbers[0], distinct = numbers[1], speakers = numbers[2], places = numbers[3]
    cdef signed char[::1] rows = kinds[0], parts = kinds[1]
    cdef double[::1] amounts = amounts_array
    for one, size in zip(said, sizes):
        _copy(one, size, &ids[0] + start, &rows[0] + start, &parts[0] + start)
        start += <int>size
    of_lists = total - <int>sizes[count]
    _check(rows, parts, sources, total - of_lists, count, echo_lists, echo_amounts)
    known = _number(ids, slot, distinct, places)
    sums_array = np.zeros((sources, known))
    cdef double[:, ::1] sums = sums_array
    _sum_up(weights, sizes, factors, rows, places, speakers, amounts, sums)
    if of_lists < total:
        _take_away(of_lists, rows, parts, count, places, echo_lists, echo_amounts, speakers, amounts, sums)
    return numbers[1, :known], numbers[2], numbers[3], kinds[0], amounts_array, sums_array


cdef int _copy(tuple said, int size, int* ids, signed char* rows, signed char* parts) except -1:
    """What a list says of which items."""
    memcpy(ids, _numbers(said[0], cnp.NPY_INT32, size), size * sizeof(int))
    memcpy(rows, _numbers(said[1], cnp.NPY_INT8, size), size)
    memcpy(parts, _numbers(said[2], cnp.NPY_INT8, size), size)
    return 0


@cython.boundscheck(False)
cdef int _sum_up(
    list weights,
    list sizes,
    const double[:, ::1] factors,
    const signed char[::1] rows,
    const int[::1] places,
    int[::1] speakers,
    double[::1] amounts,
    double[:, ::1] sums,
) except -1:
    """The entries of the lists, which stand one after another."""
    cdef int number, entry, start = 0, size
    cdef const double* said
    for number in range(<int>len(weights)):
        size = sizes[number]
        said = <const double*>_numbers(weights[number], cnp.NPY_FLOAT64, size)
        for entry in range(start, start + size):
            speakers[entry] = number
            amounts[entry] = said[entry - start] * factors[number, rows[entry]]
            sums[rows[entry], places[entry]] += amounts[entry]
        start += size
    return 0


cdef bint _fit(lengths, Py_ssize_t total) except -1:
    """Whether so many entries in all are divided into lists of these lengths."""
    cdef Py_ssize_t length
    for length in lengths:
        if not 0 <= length <= total:
            return False
        total -= length
    return total == 0


@cython.boundscheck(False)
cdef int _check(
    const signed char[::1] rows,
    const signed char[::1] parts,
    int sources,
    int echo,
    int lists,
    const int[::1] echo_lists,
    const double[::1] echo_amounts,
) except -1:
    """ValueError where there is no such row, part or list: nothing is looked at behind an array's end."""
    cdef int entry
    cdef bint wrong = False
    for entry in range(<int>rows.shape[0]):  # to the end, many at a time
        wrong |= (rows[entry] < 0) | (rows[entry] >= sources) | (parts[entry] < 0) | (parts[entry] > 7)
    if wrong:
        raise ValueError("no such row or part")
    if echo_lists.shape[0] != echo or echo_amounts.shape[0] != echo:
        raise ValueError("lengths do not fit")
    for entry in range(echo):
        if not 0 <= echo_lists[entry] < lists:
            raise ValueError("no such list")
    return 0


@cython.boundscheck(False)
cdef int _take_away(
    int said,
    const signed char[::1] rows,
    const signed char[::1] parts,
    int number,
    const int[::1] places,
    const int[::1] echo_lists,
    const double[::1] echo_amounts,
    int[::1] lists,
    double[::1] amounts,
    double[:, ::1] sums,
) except -1:
    """The echo, which are the entries from `said` on."""
    cdef int entry, row, place
    # Of which parts each list speaks of each item: a bit each, since there are a handful.
    cdef unsigned char[:, ::1] told = np.zeros((number, sums.shape[1]), np.uint8)
    for entry in range(said):
        told[lists[entry], places[entry]] |= 1 << parts[entry]
    for entry in range(said, <int>rows.shape[0]):
        lists[entry] = echo_lists[entry - said]
        amounts[entry] = -echo_amounts[entry - said]
        if not told[lists[entry], places[entry]] & (1 << parts[entry]):
            amounts[entry] = 0.0
        sums[rows[entry], places[entry]] += amounts[entry]
    for entry in range(said, <int>rows.shape[0]):
        row, place = rows[entry], places[entry]
        if fabs(sums[row, place]) < ROUNDING:
            sums[row, place] = 0.0
    return 0


def silenced(
    const int[::1] ids, raw, const int[::1] banned, const int[::1] quiet, int row, int[::1] slot
):
    cdef double[:, ::1] sums
    cdef int entry, place, source
    copied = None
    _write(ids, slot)
    for entry in range(banned.shape[0] + quiet.shape[0]):
        is_banned = entry < banned.shape[0]
        place = _find(banned[entry] if is_banned else quiet[entry - banned.shape[0]], ids, slot)
        if place < 0:
            continue
        if copied is None:
            copied = raw.copy()
            sums = copied
        if is_banned:
            for source in range(sums.shape[0]):
                sums[source, place] = 0.0
        else:
            sums[row, place] = 0.0
    return raw if copied is None else copied


cdef inline bint _before(double* scores, int* where, const int* ids, int one, int other) noexcept:
    if scores[one] != scores[other]:
        return scores[one] > scores[other]
    if ids is NULL:
        return where[one] < where[other]
    return ids[where[one]] < ids[where[other]]


cdef inline void _swap(double* scores, int* where, int one, int other) noexcept:
    scores[one], scores[other] = scores[other], scores[one]
    where[one], where[other] = where[other], where[one]


cdef int _parted(double* scores, int* where, const int* ids, int low, int high) noexcept:
    """Brings what comes before one of them before it, what comes after behind it; its place then.

    Which one is as good as random: the middle one splits what two lists leave in turn badly again and again.
    """
    cdef unsigned int chance = (<unsigned int>low * 40503u + <unsigned int>high * 2654435761u) >> 8
    cdef int border = low, entry
    _swap(scores, where, low + <int>(chance % <unsigned int>(high - low + 1)), high)
    for entry in range(low, high):
        if _before(scores, where, ids, entry, high):
            _swap(scores, where, entry, border)
            border += 1
    _swap(scores, where, border, high)
    return border


cdef void _select(double* scores, int* where, const int* ids, int size, int count) noexcept:
    """Brings the `count` best of `size` to the front (Hoare); ties to the smaller id, or place without ids."""
    cdef int low = 0, high = size - 1, border
    while low < high:
        border = _parted(scores, where, ids, low, high)
        if border == count or border == count - 1:
            return
        if border < count:
            low = border + 1
        else:
            high = border - 1


cdef void _sort(double* scores, int* where, const int* ids, int low, int high) noexcept:
    """Brings these in order, the best first."""
    cdef int border
    while low < high:
        border = _parted(scores, where, ids, low, high)
        if border - low < high - border:  # the longer part by the loop: the depth stays small
            _sort(scores, where, ids, low, border - 1)
            low = border + 1
        else:
            _sort(scores, where, ids, border + 1, high)
            high = border - 1


@cython.boundscheck(False)
def among_best(const double[:, ::1] raw, const int[::1] ids, int count, silent):
    cdef int size = raw.shape[1], source, place, positive, chosen = 0
    if ids.shape[0] != size or count < 0:
        raise ValueError("lengths do not fit")
    result = np.empty(size, np.int32)
    cdef int[::1] places = result
    cdef list speaking = [source for source in range(<int>raw.shape[0]) if source not in silent]
    # In a third of the time of three arrays.
    cdef double* scores = <double*>PyMem_Calloc(size + 1, sizeof(double) + sizeof(int) + 1)
    if scores is NULL:
        raise MemoryError
    cdef int* where = <int*>(scores + size + 1)
    cdef char* best = <char*>(where + size + 1)
    try:
        for source in speaking:
            positive = 0
            for place in range(size):  # written always: a processor cannot guess which count
                scores[positive] = raw[source, place]
                where[positive] = place
                positive += raw[source, place] > 0
            if positive > count:
                _select(scores, where, &ids[0], positive, count)
            for place in range(min(positive, count)):
                best[where[place]] = 1
        for place in range(size):
            places[chosen] = place
            chosen += best[place]
    finally:
        PyMem_Free(scores)
    return result[:chosen]


def features(
    const double[:, ::1] raw,
    const int[::1] steps,
    const int[::1] times,
    popularity,
    int more,
):
    cdef int sources = raw.shape[0], size = raw.shape[1], own = 2 * sources, source, place
    cdef double best, most = 0.0, share
    result = np.zeros((own + 4 + more, size))
    cdef double[:, ::1] table = result
    cdef const double[::1] popular = np.asarray(popularity, np.float64)
    if steps.shape[0] != size or times.shape[0] != size or popular.shape[0] != size:
        raise ValueError("lengths do not fit")
    for source in range(sources):
        best = 0.0
        for place in range(size):
            best = max(best, raw[source, place])
        if best <= 0:
            continue
        for place in range(size):
            if raw[source, place] > 0:
                share = raw[source, place] / best
                table[2 * source, place] = share
                table[2 * source + 1, place] = log1p(share * LOG_SHARPNESS)
    for place in range(size):
        if steps[place]:
            table[own, place] = steps[place] == 1
            table[own + 1, place] = 1.0 / steps[place]
        if times[place]:
            table[own + 2, place] = log1p(times[place])
        table[own + 3, place] = log1p(max(popular[place], 0.0))
        most = max(most, table[own + 3, place])
    if most > 0:
        for place in range(size):
            table[own + 3, place] /= most
    return result


def scored(const double[:, ::1] features, const double[::1] weights):
    cdef int size = features.shape[1], feature, place
    if weights.shape[0] != features.shape[0]:
        raise ValueError("lengths do not fit")
    result = np.empty((features.shape[0], size))
    sums_array = np.zeros(size)
    cdef double[:, ::1] contributions = result
    cdef double[::1] sums = sums_array
    for feature in range(<int>features.shape[0]):
        for place in range(size):
            contributions[feature, place] = features[feature, place] * weights[feature]
            sums[place] += contributions[feature, place]
    return result, sums_array


def top(const double[::1] scores, const int[::1] ids, int limit):
    cdef int size = scores.shape[0], count = min(max(limit, 0), size)
    if ids.shape[0] != size:
        raise ValueError("lengths do not fit")
    if not count:
        return np.empty(0, np.int32)
    cdef double[::1] ordered = np.array(scores)
    where_array = np.arange(size, dtype=np.int32)
    cdef int[::1] where = where_array
    if count < size:
        _select(&ordered[0], &where[0], &ids[0], size, count)
    _sort(&ordered[0], &where[0], &ids[0], 0, count - 1)
    return where_array[:count]


def telling(
    const double[:, ::1] contributions,
    const double[:, ::1] raw,
    const int[::1] places,
    const signed char[::1] kinds,
    double share,
):
    cdef int place, row, entry, found, naming, counted, sources = raw.shape[0]
    cdef double gain, best, best_naming, best_counted
    if contributions.shape[0] < 2 * sources or contributions.shape[1] != raw.shape[1]:
        raise ValueError("lengths do not fit")
    if kinds.shape[0] != sources:
        raise ValueError("lengths do not fit")
    result = np.empty(places.shape[0], np.int32)
    cdef int[::1] rows = result
    for entry in range(<int>places.shape[0]):
        place, found, naming, counted = places[entry], -1, -1, -1
        best = best_naming = best_counted = 0.0
        for row in range(sources):
            if not raw[row, place] > 0:
                continue
            gain = contributions[2 * row, place] + contributions[2 * row + 1, place]
            if gain > best:
                best, found = gain, row
            if kinds[row] > LISTED and gain > best_naming:
                best_naming, naming = gain, row
            if kinds[row] == COUNTED and gain > best_counted:
                best_counted, counted = gain, row
        if naming >= 0 and best_naming >= share * best:
            found = naming
            if kinds[naming] == MODELLED and counted >= 0 and best_counted >= share * best_naming:
                found = counted
        rows[entry] = found
    return result


@cython.boundscheck(False)
def strongest(
    const int[::1] lists,
    const int[::1] places,
    const signed char[::1] rows,
    const double[::1] amounts,
    const int[::1] wanted,
    const int[::1] sources,
    int steps,
):
    cdef Py_ssize_t total = places.shape[0], shown = wanted.shape[0], entry
    cdef int last = -1, place, column, step
    if lists.shape[0] != total or rows.shape[0] != total or amounts.shape[0] != total:
        raise ValueError("lengths do not fit")
    if sources.shape[0] != shown or steps < 0:
        raise ValueError("lengths do not fit")
    for entry in range(total):
        if places[entry] < 0 or lists[entry] < 0:
            raise ValueError("no such place or list")
        last = max(last, places[entry])
    cdef int[::1] columns = np.full(last + 1, -1, np.int32)
    cdef double[:, ::1] given = np.zeros((steps, shown))
    result = np.full(shown, -1, np.int32)
    cdef int[::1] best = result
    for entry in range(shown):
        if 0 <= wanted[entry] <= last:
            columns[wanted[entry]] = entry
    for entry in range(total):
        column = columns[places[entry]]
        if column >= 0 and lists[entry] < steps and rows[entry] == sources[column]:
            given[lists[entry], column] += amounts[entry]
    for column in range(<int>shown):
        for step in range(steps):
            place = best[column]
            if given[step, column] > (given[place, column] if place >= 0 else 0.0):
                best[column] = step
    return result


@cython.boundscheck(False)
def nearest(
    const int[::1] ids,
    lengths,
    const int[::1] steps,
    const double[::1] weights,
    int own,
    int count,
    int[::1] slot,
):
    lists = len(lengths)
    if count < 0 or not _fit(lengths, ids.shape[0]) or steps.shape[0] != lists or weights.shape[0] != lists:
        raise ValueError("lengths do not fit")
    numbers = np.empty((4, ids.shape[0]), np.int32)
    cdef int[::1] distinct = numbers[0], places = numbers[1], first = numbers[2], where = numbers[3]
    cdef int known = _number(ids, slot, distinct, places), entry = 0, end, number = 0, place, positive = 0
    cdef double[::1] sums = np.zeros(known)
    first[:known] = 0
    for length in lengths:
        end = entry + <int>length
        while entry < end:
            place = places[entry]
            sums[place] += weights[number]
            if not first[place]:
                first[place] = steps[number]
            entry += 1
        number += 1
    for place in range(known):
        if sums[place] > 0 and distinct[place] != own:
            sums[positive] = sums[place]  # never ahead of what is read
            where[positive] = place
            positive += 1
    if positive > count:
        _select(&sums[0], &where[0], NULL, positive, count)
        positive = count
    chosen = numbers[3, :positive]
    return numbers[0].take(chosen), np.asarray(sums)[:positive], numbers[2].take(chosen)


@cython.boundscheck(False)
def voted(
    const int[::1] items,
    const int[::1] lengths,
    const double[::1] strengths,
    const int[::1] current,
    const double[::1] decays,
    int[::1] slot,
):
    cdef int total = items.shape[0], known, speaker, start = 0, end, entry, anchor, distance
    cdef int farthest = decays.shape[0] - 1, scored = 0
    if strengths.shape[0] != lengths.shape[0] or farthest < 0:
        raise ValueError("lengths do not fit")
    numbers = np.empty((2, total), np.int32)
    cdef int[::1] distinct = numbers[0], places = numbers[1]
    known = _number(items, slot, distinct, places)
    sums_array = np.zeros(known)
    cdef double[::1] sums = sums_array
    for entry in range(<int>current.shape[0] - 1, -1, -1):
        if 0 <= current[entry] < slot.shape[0]:  # beyond are none of the items
            slot[current[entry]] = entry
    for speaker in range(<int>lengths.shape[0]):
        if not 0 <= lengths[speaker] <= total - start:
            raise ValueError("lengths do not fit")
        end = start + lengths[speaker]
        anchor = -1
        for entry in range(end - 1, start - 1, -1):
            if _find(items[entry], current, slot) >= 0:
                anchor = entry
                break
        if anchor >= 0:
            for entry in range(start, end):
                distance = min(abs(entry - anchor), farthest)
                sums[places[entry]] += strengths[speaker] * decays[distance]
        start = end
    if start != total:
        raise ValueError("lengths do not fit")
    for entry in range(known):
        if sums[entry] != 0:
            distinct[scored] = distinct[entry]
            sums[scored] = sums[entry]
            scored += 1
    return numbers[0, :scored], sums_array[:scored]
