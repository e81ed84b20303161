/* SPDX-License-Identifier: MIT */
#include "idx.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { IMAGE_MAGIC = 0x803, LABEL_MAGIC = 0x801, CHUNK = 1 << 16 };

/* Deflate cannot pack better than this (zlib's technical notes: 1032 to 1), so a header that promises more data than
 * the file could hold is caught before memory is asked for. */
static const int64_t most_compression = 1032;

struct reader {
    gzFile file;
    const char *path;
    int64_t file_bytes; /* on disk */
    struct message *message;
};

static int open_reader(struct reader *reader, const char *path, struct message *message)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* lest a FIFO makes it wait */
    if (fd < 0)
        return message_set(message, "%s: cannot open: %s", path, strerror(errno));
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return message_set(message, "%s: not a regular file", path);
    }
    *reader = (struct reader){ gzdopen(fd, "rb"), path, (int64_t)status.st_size, message };
    if (reader->file == NULL) {
        close(fd);
        return message_set(message, "%s: out of memory", path);
    }
    return 0;
}

/* What zlib has against the file, if anything. */
static int check_stream(const struct reader *reader)
{
    int code = Z_OK;
    const char *text = gzerror(reader->file, &code);
    if (code == Z_OK || code == Z_STREAM_END)
        return 0;
    if (code == Z_ERRNO)
        return message_set(reader->message, "%s: cannot read: %s", reader->path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return message_set(reader->message, "%s: the gzip data end in the middle", reader->path);
    return message_set(reader->message, "%s: corrupt gzip data: %s", reader->path, text);
}

/* Reads up to `size` bytes; less only at the end of the file. Returns how many, -1 on failure. */
static int read_some(const struct reader *reader, uint8_t *bytes, int size)
{
    int got = gzread(reader->file, bytes, (unsigned)size);
    if (check_stream(reader) != 0)
        return -1;
    return got < 0 ? message_set(reader->message, "%s: cannot read", reader->path) : got;
}

/* The magic number and `n` sizes, big-endian. */
static int read_header(const struct reader *reader, uint32_t magic, int n, int64_t *sizes)
{
    uint8_t bytes[16];
    int wanted = 4 * (n + 1);
    int got = read_some(reader, bytes, wanted);
    if (got < 0)
        return -1;
    if (got < wanted)
        return message_set(reader->message, "%s: holds %d bytes, the header alone has %d", reader->path, got, wanted);
    for (int i = 0; i <= n; i++) {
        const uint8_t *b = bytes + (ptrdiff_t)4 * i;
        uint32_t word = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        if (i == 0 && word != magic)
            return message_set(reader->message, "%s: begins with 0x%08" PRIx32 ", an IDX file of %s with 0x%08" PRIx32,
                               reader->path, word, magic == IMAGE_MAGIC ? "images" : "labels", magic);
        if (i > 0)
            sizes[i - 1] = word;
    }
    return 0;
}

/* The product of the sizes, if it is positive and the file can hold as much. */
static int count_items(const struct reader *reader, int n, const int64_t *sizes, int64_t *items)
{
    int64_t most = INT64_MAX / most_compression;
    int64_t product = 1;
    most = reader->file_bytes < most ? reader->file_bytes * most_compression : INT64_MAX;
    for (int i = 0; i < n; i++) {
        if (sizes[i] == 0)
            return message_set(reader->message, "%s: size %d is 0, expected at least 1", reader->path, i + 1);
        if (product > most / sizes[i])
            return message_set(reader->message,
                               "%s: the header promises more data than a file of %" PRId64 " bytes can hold",
                               reader->path, reader->file_bytes);
        product *= sizes[i];
    }
    if ((uint64_t)product > SIZE_MAX / sizeof(float))
        return message_set(reader->message, "%s: %" PRId64 " values do not fit into memory", reader->path, product);
    *items = product;
    return 0;
}

/* Reads all the data, as numbers in 0 ... 1 into `pixels` or as they are into `labels`, and the end of the file. */
static int read_data(const struct reader *reader, int64_t items, float *pixels, uint8_t *labels)
{
    uint8_t chunk[CHUNK];
    int64_t done = 0;
    while (done < items) {
        int size = items - done < CHUNK ? (int)(items - done) : CHUNK;
        int got = read_some(reader, chunk, size);
        if (got < 0)
            return -1;
        for (int i = 0; pixels != NULL && i < got; i++)
            pixels[done + i] = (float)chunk[i] / 255.0f;
        if (labels != NULL)
            memcpy(labels + done, chunk, (size_t)got);
        done += got;
        if (got < size)
            return message_set(reader->message, "%s: holds %" PRId64 " bytes of data, the header says %" PRId64,
                               reader->path, done, items);
    }
    /* Asking for one byte more also makes zlib compare the checksum. */
    int more = read_some(reader, chunk, 1);
    if (more > 0)
        return message_set(reader->message, "%s: goes on behind the %" PRId64 " bytes of data that the header says",
                           reader->path, items);
    return more;
}

/* Everything between opening and closing; *pixels or *labels gets new memory. */
static int read_items(const struct reader *reader, bool images, int64_t *sizes, float **pixels, uint8_t **labels)
{
    int64_t items = 0;
    int n = images ? 3 : 1;
    if (read_header(reader, images ? IMAGE_MAGIC : LABEL_MAGIC, n, sizes) != 0)
        return -1;
    if (count_items(reader, n, sizes, &items) != 0)
        return -1;
    void *memory = malloc((size_t)items * (images ? sizeof **pixels : sizeof **labels));
    if (memory == NULL)
        return message_set(reader->message, "%s: out of memory for %" PRId64 " values", reader->path, items);
    if (read_data(reader, items, images ? memory : NULL, images ? NULL : memory) != 0) {
        free(memory);
        return -1;
    }
    if (images)
        *pixels = memory;
    else
        *labels = memory;
    return 0;
}

int idx_read_images(const char *path, struct idx_images *images, struct message *message)
{
    struct reader reader;
    float *pixels = NULL;
    int64_t sizes[3];
    if (open_reader(&reader, path, message) != 0)
        return -1;
    int result = read_items(&reader, true, sizes, &pixels, NULL);
    gzclose(reader.file);
    if (result == 0)
        *images = (struct idx_images){ pixels, sizes[0], sizes[1], sizes[2] };
    return result;
}

int idx_read_labels(const char *path, struct idx_labels *labels, struct message *message)
{
    struct reader reader;
    uint8_t *values = NULL;
    int64_t count;
    if (open_reader(&reader, path, message) != 0)
        return -1;
    int result = read_items(&reader, false, &count, NULL, &values);
    gzclose(reader.file);
    if (result == 0)
        *labels = (struct idx_labels){ values, count };
    return result;
}

int idx_read_set(const char *image_path, const char *label_path, struct idx_set *set, struct message *message)
{
    struct idx_set read = { 0 };
    int result = idx_read_images(image_path, &read.images, message);
    if (result == 0)
        result = idx_read_labels(label_path, &read.labels, message);
    if (result == 0 && read.images.count != read.labels.count)
        result = message_set(message, "%s: holds %" PRId64 " labels, expected %" PRId64 " as there are images in %s",
                             label_path, read.labels.count, read.images.count, image_path);
    if (result == 0)
        *set = read;
    else
        idx_free_set(&read);
    return result;
}

void idx_free_images(struct idx_images *images)
{
    free(images->pixels);
    *images = (struct idx_images){ 0 };
}

void idx_free_labels(struct idx_labels *labels)
{
    free(labels->labels);
    *labels = (struct idx_labels){ 0 };
}

void idx_free_set(struct idx_set *set)
{
    idx_free_images(&set->images);
    idx_free_labels(&set->labels);
}
