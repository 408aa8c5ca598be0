/* Functions that a library holds and does not export: found in the symbol table of its file, which
 * the loader never looks at. Static builds inside another library are like that. */
#define _GNU_SOURCE
#include "driver.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char *bytes;
static size_t size;
static uintptr_t base;

/* A part of the file; NULL where it is not whole, for the file can say anything. */
static const void *piece(uint64_t at, uint64_t length)
{
    return at > size || length > size - at || at % sizeof(void *) != 0 ? NULL : bytes + at;
}

/* Map the file of a library that is loaded. */
void open_symbols(void *handle, const char *path)
{
    struct link_map *map;
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && fstat(file, &about) == 0 && about.st_size > 0) {
        void *mapped = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (mapped != MAP_FAILED) {
            bytes = mapped;
            size = (size_t)about.st_size;
            base = map->l_addr;
        }
    }
    close(file);
}

void close_symbols(void)
{
    if (bytes != NULL)
        munmap((void *)(uintptr_t)bytes, size);
    bytes = NULL;
    size = 0;
}

/* Look a function up in one table. */
static void *find_in(const ElfW(Shdr) *table, const ElfW(Shdr) *strings, const char *name)
{
    const ElfW(Sym) *symbols = piece(table->sh_offset, table->sh_size);
    const char *text = strings->sh_offset > size || strings->sh_size > size - strings->sh_offset
        ? NULL : (const char *)bytes + strings->sh_offset;
    size_t length = strlen(name) + 1;

    if (symbols == NULL || text == NULL)
        return NULL;
    for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++) {
        const ElfW(Sym) *one = &symbols[i];
        if ((one->st_info & 0xf) == STT_FUNC && one->st_shndx != SHN_UNDEF
            && one->st_name < strings->sh_size && length <= strings->sh_size - one->st_name
            && memcmp(text + one->st_name, name, length) == 0)
            return (void *)(base + one->st_value);
    }
    return NULL;
}

/* The address of a function by its name; NULL if the file has none. */
void *find_symbol(const char *name)
{
    const ElfW(Ehdr) *head = bytes == NULL || size < sizeof *head ? NULL : (const void *)bytes;
    const ElfW(Shdr) *sections;
    void *found = NULL;

    if (head == NULL || head->e_shentsize != sizeof *sections)
        return NULL;
    sections = piece(head->e_shoff, (uint64_t)head->e_shnum * sizeof *sections);
    for (size_t i = 0; sections != NULL && found == NULL && i < head->e_shnum; i++)
        if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < head->e_shnum)
            found = find_in(&sections[i], &sections[sections[i].sh_link], name);
    return found;
}
