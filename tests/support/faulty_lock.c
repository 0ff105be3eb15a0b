/* A PKCS#11 module that passes every call on to another one and fails as real locks do.
 *
 * SEALBRIDGE_FAULTY_LOCK names the module behind it; SEALBRIDGE_FAULTS a file with the fault of the moment,
 * read at every call: "full", "read-only", "no-generation", "pulled", "pulled-after-key" (once a pair is made),
 * "pulled-after-signature", "last-try" and "locked" (of the PIN).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long ulong;
typedef ulong (*call)(ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong);
struct list {
    unsigned char major, minor;
    call functions[68];
};

static struct list *real, ours;
static int pulled;

static int fault(const char *name) {
    char said[64] = "";
    FILE *file = fopen(getenv("SEALBRIDGE_FAULTS"), "r");
    if (file) {
        if (!fgets(said, sizeof said, file)) said[0] = 0;
        fclose(file);
    }
    said[strcspn(said, "\n")] = 0;
    if (strncmp(said, "pulled", 6)) pulled = 0;
    return !strcmp(said, name);
}

static int gone(void) { return fault("pulled") || pulled; }

#define PASS(n) \
    static ulong pass##n(ulong a, ulong b, ulong c, ulong d, ulong e, ulong f, ulong g, ulong h) { \
        return gone() ? 0x32 : real->functions[n](a, b, c, d, e, f, g, h); \
    }
PASS(6) PASS(7) PASS(12) PASS(13) PASS(14) PASS(15) PASS(18) PASS(19) PASS(20) PASS(22) PASS(24) PASS(26)
PASS(27) PASS(28) PASS(33) PASS(34) PASS(42) PASS(43) PASS(59) PASS(61) PASS(62)

static ulong slots(ulong present, ulong list, ulong count) {
    if (gone()) {
        *(ulong *)count = 0;
        return 0;
    }
    return real->functions[4](present, list, count, 0, 0, 0, 0, 0);
}

static ulong token_info(ulong slot, ulong info) {
    ulong answer = pass6(slot, info, 0, 0, 0, 0, 0, 0);
    ulong *flags = &((ulong *)info)[96 / sizeof(ulong)];
    if (!answer && fault("read-only")) *flags |= 2; /* CKF_WRITE_PROTECTED */
    if (!answer && fault("last-try")) *flags |= 0x20000; /* CKF_USER_PIN_FINAL_TRY */
    if (!answer && fault("locked")) *flags |= 0x40000; /* CKF_USER_PIN_LOCKED */
    return answer;
}

static ulong mechanisms(ulong slot, ulong list, ulong count) {
    ulong answer = pass7(slot, list, count, 0, 0, 0, 0, 0), *found = (ulong *)list, kept = 0;
    if (answer || !list || !fault("no-generation")) return answer;
    for (ulong n = 0; n < *(ulong *)count; n++)
        if (found[n] != 0 && found[n] != 0x1040) found[kept++] = found[n]; /* RSA and EC pair generation */
    *(ulong *)count = kept;
    return 0;
}

static ulong open_session(ulong slot, ulong flags, ulong a, ulong b, ulong handle) {
    if (fault("read-only") && flags & 2) return 0xE2;
    return pass12(slot, flags, a, b, handle, 0, 0, 0);
}

static ulong login(ulong a, ulong b, ulong c, ulong d) {
    return fault("locked") ? 0xA4 : pass18(a, b, c, d, 0, 0, 0, 0);
}

static ulong create(ulong a, ulong b, ulong c, ulong d) {
    return fault("full") ? 0x31 : pass20(a, b, c, d, 0, 0, 0, 0);
}

static ulong generate(ulong a, ulong b, ulong c, ulong d, ulong e, ulong f, ulong g, ulong h) {
    if (fault("full")) return 0x31;
    ulong answer = pass59(a, b, c, d, e, f, g, h);
    if (!answer && fault("pulled-after-key")) pulled = 1;
    return answer;
}

static ulong sign(ulong a, ulong b, ulong c, ulong d, ulong e) {
    ulong answer = pass43(a, b, c, d, e, 0, 0, 0);
    if (!answer && fault("pulled-after-signature")) pulled = 1;
    return answer;
}

ulong C_GetFunctionList(struct list **answer) {
    if (!real) {
        void *module = dlopen(getenv("SEALBRIDGE_FAULTY_LOCK"), RTLD_NOW | RTLD_LOCAL);
        ulong (*get)(struct list **) = module ? (ulong(*)(struct list **))dlsym(module, "C_GetFunctionList") : 0;
        if (!get || get(&real)) return 5;
        ours = *real;
#define SET(n) ours.functions[n] = pass##n;
        SET(13) SET(14) SET(15) SET(19) SET(22) SET(24) SET(26) SET(27) SET(28) SET(33) SET(34) SET(42)
        SET(61) SET(62)
        ours.functions[4] = (call)slots;
        ours.functions[6] = (call)token_info;
        ours.functions[7] = (call)mechanisms;
        ours.functions[12] = (call)open_session;
        ours.functions[18] = (call)login;
        ours.functions[20] = (call)create;
        ours.functions[59] = generate;
        ours.functions[43] = (call)sign;
    }
    *answer = &ours;
    return 0;
}
