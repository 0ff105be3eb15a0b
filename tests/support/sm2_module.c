/* A PKCS#11 module that does SM2 as vendors' modules do: under numbers of its own (CKM_VENDOR_DEFINED).
 *
 * SoftHSM2, named by SEALBRIDGE_SM2_BEHIND, keeps the keys, counts the PINs and does everything else; SM2 itself is
 * OpenSSL's. The numbers are those that several vendors' public headers share. For tests: the private numbers are
 * readable in SoftHSM2, because it cannot sign by SM2 itself.
 */
#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long ulong;
typedef ulong (*call)(ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong);
struct list {
    unsigned char major, minor;
    call functions[68];
};
struct attribute {
    ulong type;
    void *value;
    ulong length;
};
struct mechanism {
    ulong type;
    void *parameter;
    ulong length;
};

enum { MECHANISM_LIST = 7, MECHANISM_INFO = 8, GET_ATTRIBUTE = 24, SIGN_INIT = 42, SIGN = 43, GENERATE_PAIR = 59 };
enum { OK = 0, GENERAL_ERROR = 5, DATA_LEN_RANGE = 0x21, BUFFER_TOO_SMALL = 0x150, KEY_TYPE_INCONSISTENT = 0x63 };
enum { KEY_TYPE = 0x100, SENSITIVE = 0x103, VALUE = 0x11, EXTRACTABLE = 0x162, EC_PARAMS = 0x180, EC = 3 };
#define SM2_KEY 0x80000004UL
#define SM2_PAIR 0x80008001UL
#define SM3_SM2 0x80008100UL /* over the data, the module hashes; r and s side by side */
#define SM3_SM2_DER 0x80008101UL
#define SM2_RAW 0x80008200UL /* over e, the digest that the caller made */
#define SESSIONS 256

static const unsigned char CURVE[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d};
static const char USER_ID[] = "1234567812345678";
static struct list *real, ours;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    ulong session, key, type;
} signing[SESSIONS];

static ulong attribute_of(ulong session, ulong object, ulong type, void *value, ulong *length) {
    struct attribute asked = {type, value, *length};
    ulong answer = real->functions[GET_ATTRIBUTE](session, object, (ulong)&asked, 1, 0, 0, 0, 0);
    *length = asked.length;
    return answer;
}

static int is_sm2(ulong session, ulong object) {
    unsigned char curve[64];
    ulong length = sizeof curve;
    if (attribute_of(session, object, EC_PARAMS, curve, &length)) return 0;
    return length == sizeof CURVE && !memcmp(curve, CURVE, length);
}

static ulong mechanism_list(ulong slot, ulong list, ulong count, ulong a, ulong b, ulong c, ulong d, ulong e) {
    static const ulong more[] = {SM2_PAIR, SM3_SM2, SM3_SM2_DER, SM2_RAW};
    ulong answer = real->functions[MECHANISM_LIST](slot, list, count, a, b, c, d, e);
    if (answer) return answer;
    if (list) memcpy((ulong *)list + *(ulong *)count, more, sizeof more);
    *(ulong *)count += sizeof more / sizeof *more;
    return OK;
}

static ulong mechanism_info(ulong slot, ulong type, ulong info, ulong a, ulong b, ulong c, ulong d, ulong e) {
    if (type < 0x80000000UL) return real->functions[MECHANISM_INFO](slot, type, info, a, b, c, d, e);
    ulong *told = (ulong *)info;
    told[0] = told[1] = 256;
    told[2] = type == SM2_PAIR ? 0x10000 : 0x800; /* CKF_GENERATE_KEY_PAIR, CKF_SIGN */
    return OK;
}

static ulong get_attribute(ulong session, ulong object, ulong list, ulong count, ulong a, ulong b, ulong c, ulong d) {
    ulong answer = real->functions[GET_ATTRIBUTE](session, object, list, count, a, b, c, d);
    struct attribute *asked = (struct attribute *)list;
    for (ulong at = 0; at < count; at++)
        if (asked[at].type == KEY_TYPE && asked[at].value && asked[at].length == sizeof(ulong) &&
            *(ulong *)asked[at].value == EC && is_sm2(session, object))
            *(ulong *)asked[at].value = SM2_KEY;
    return answer;
}

/* The template with what SoftHSM2 must see instead; at most `room` attributes. */
static ulong rewritten(struct attribute *made, ulong room, const struct attribute *given, ulong count, int is_private) {
    static ulong ec = EC;
    static unsigned char yes = 1, no = 0;
    ulong used = 0;
    for (ulong at = 0; at < count && used < room - 3; at++) {
        ulong type = given[at].type;
        if (type != KEY_TYPE && type != EC_PARAMS && type != SENSITIVE && type != EXTRACTABLE) made[used++] = given[at];
    }
    made[used++] = (struct attribute){KEY_TYPE, &ec, sizeof ec};
    if (!is_private) made[used++] = (struct attribute){EC_PARAMS, (void *)CURVE, sizeof CURVE};
    if (is_private) made[used++] = (struct attribute){SENSITIVE, &no, 1};
    if (is_private) made[used++] = (struct attribute){EXTRACTABLE, &yes, 1};
    return used;
}

static ulong generate_pair(ulong session, ulong how, ulong public, ulong publics, ulong private, ulong privates,
                           ulong public_key, ulong private_key) {
    struct mechanism *asked = (struct mechanism *)how;
    if (asked->type != SM2_PAIR)
        return real->functions[GENERATE_PAIR](session, how, public, publics, private, privates, public_key, private_key);
    struct attribute open[40], secret[40];
    struct mechanism pair = {0x1040, NULL, 0}; /* CKM_EC_KEY_PAIR_GEN */
    ulong opens = rewritten(open, 40, (struct attribute *)public, publics, 0);
    ulong secrets = rewritten(secret, 40, (struct attribute *)private, privates, 1);
    return real->functions[GENERATE_PAIR](session, (ulong)&pair, (ulong)open, opens, (ulong)secret, secrets, public_key,
                                          private_key);
}

/* Which row of `signing` is the session's, or a free one; -1 for none. The caller holds the lock. */
static int row(ulong session) {
    int free_row = -1;
    for (int at = 0; at < SESSIONS; at++) {
        if (signing[at].session == session) return at;
        if (!signing[at].session && free_row < 0) free_row = at;
    }
    return free_row;
}

static ulong sign_init(ulong session, ulong how, ulong key, ulong a, ulong b, ulong c, ulong d, ulong e) {
    ulong type = ((struct mechanism *)how)->type;
    if (type != SM3_SM2 && type != SM3_SM2_DER && type != SM2_RAW)
        return real->functions[SIGN_INIT](session, how, key, a, b, c, d, e);
    if (!is_sm2(session, key)) return KEY_TYPE_INCONSISTENT;
    pthread_mutex_lock(&lock);
    int at = row(session);
    if (at >= 0) signing[at].session = session, signing[at].key = key, signing[at].type = type;
    pthread_mutex_unlock(&lock);
    return at < 0 ? GENERAL_ERROR : OK;
}

static EVP_PKEY *pair_of(ulong session, ulong key) {
    unsigned char number[64], point[65];
    ulong length = sizeof number;
    if (attribute_of(session, key, VALUE, number, &length)) return NULL;
    EVP_PKEY *made = NULL;
    BIGNUM *secret = BN_bin2bn(number, (int)length, NULL);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    EC_POINT *public = EC_POINT_new(group);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EC_POINT_mul(group, public, secret, NULL, NULL, NULL);
    EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL);
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, parameters) != 1)
        made = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    EC_POINT_free(public);
    EC_GROUP_free(group);
    BN_clear_free(secret);
    OPENSSL_cleanse(number, sizeof number);
    return made;
}

/* A signature in DER; its length, 0 when it failed. */
static size_t signed_by(EVP_PKEY *pair, ulong type, const unsigned char *data, ulong length, unsigned char *made) {
    size_t room = 80, is_good = 0;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (type == SM2_RAW) {
        is_good = EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, made, &room, data, length) == 1;
    } else {
        EVP_PKEY_CTX_set1_id(context, USER_ID, sizeof USER_ID - 1);
        EVP_MD_CTX_set_pkey_ctx(digest, context);
        is_good = EVP_DigestSignInit(digest, NULL, EVP_sm3(), NULL, pair) == 1 &&
                  EVP_DigestSign(digest, made, &room, data, length) == 1;
    }
    EVP_MD_CTX_free(digest);
    EVP_PKEY_CTX_free(context);
    return is_good ? room : 0;
}

static ulong sign(ulong session, ulong data, ulong length, ulong signature, ulong size, ulong a, ulong b, ulong c) {
    pthread_mutex_lock(&lock);
    int at = row(session);
    int is_ours = at >= 0 && signing[at].session == session;
    ulong key = is_ours ? signing[at].key : 0, type = is_ours ? signing[at].type : 0;
    int is_question = is_ours && (!signature || *(ulong *)size < (type == SM3_SM2_DER ? 72UL : 64UL));
    if (is_ours && !is_question) signing[at].session = 0;
    pthread_mutex_unlock(&lock);
    if (!is_ours) return real->functions[SIGN](session, data, length, signature, size, a, b, c);
    if (is_question) {
        *(ulong *)size = type == SM3_SM2_DER ? 72 : 64;
        return signature ? BUFFER_TOO_SMALL : OK;
    }
    if (type == SM2_RAW && length != 32) return DATA_LEN_RANGE;
    unsigned char made[80];
    const unsigned char *reading = made;
    EVP_PKEY *pair = pair_of(session, key);
    size_t used = pair ? signed_by(pair, type, (const unsigned char *)data, length, made) : 0;
    EVP_PKEY_free(pair);
    if (!used) return GENERAL_ERROR;
    if (type == SM3_SM2_DER) {
        memcpy((void *)signature, made, used);
        *(ulong *)size = used;
        return OK;
    }
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &reading, (long)used);
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), (unsigned char *)signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), (unsigned char *)signature + 32, 32);
    ECDSA_SIG_free(numbers);
    *(ulong *)size = 64;
    return OK;
}

ulong C_GetFunctionList(struct list **given) {
    if (!real) {
        void *behind = dlopen(getenv("SEALBRIDGE_SM2_BEHIND"), RTLD_NOW | RTLD_LOCAL);
        ulong (*get)(struct list **) = behind ? (ulong(*)(struct list **))dlsym(behind, "C_GetFunctionList") : NULL;
        if (!get || get(&real)) return GENERAL_ERROR;
        ours = *real;
        ours.functions[MECHANISM_LIST] = mechanism_list;
        ours.functions[MECHANISM_INFO] = mechanism_info;
        ours.functions[GET_ATTRIBUTE] = get_attribute;
        ours.functions[SIGN_INIT] = sign_init;
        ours.functions[SIGN] = sign;
        ours.functions[GENERATE_PAIR] = generate_pair;
        ours.functions[3] = (call)C_GetFunctionList;
    }
    *given = &ours;
    return OK;
}
