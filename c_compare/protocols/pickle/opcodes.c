/* What follows each opcode; see opcodes.h. */
#include "opcodes.h"

enum refused argument_of(unsigned char opcode, struct argument *argument)
{
    struct argument it = {ARGUMENT_FIXED, 0};

    switch (opcode) {
    case MARK: case STOP: case POP: case POP_MARK: case DUP: case NONE:
    case APPEND: case DICT: case EMPTY_DICT: case APPENDS: case LIST:
    case EMPTY_LIST: case SETITEM: case TUPLE: case EMPTY_TUPLE:
    case SETITEMS: case TUPLE1: case TUPLE2: case TUPLE3: case NEWTRUE:
    case NEWFALSE: case MEMOIZE:
        break;
    case BININT1: case BINGET: case BINPUT: case PROTO:
        it.width = 1;
        break;
    case BININT2:
        it.width = 2;
        break;
    case BININT: case LONG_BINGET: case LONG_BINPUT:
        it.width = 4;
        break;
    case BINFLOAT: case FRAME:
        it.width = 8;
        break;
    case SHORT_BINSTRING: case SHORT_BINBYTES: case SHORT_BINUNICODE:
    case LONG1:
        it = (struct argument){ARGUMENT_COUNTED, 1};
        break;
    case BINSTRING: case BINBYTES: case BINUNICODE: case LONG4:
        it = (struct argument){ARGUMENT_COUNTED, 4};
        break;
    case BINBYTES8: case BINUNICODE8:
        it = (struct argument){ARGUMENT_COUNTED, 8};
        break;
    case FLOAT: case INT: case LONG: case STRING: case UNICODE: case GET:
    case PUT:
        it.kind = ARGUMENT_LINE;
        break;
    case GLOBAL: case STACK_GLOBAL: case REDUCE: case BUILD: case INST:
    case OBJ: case NEWOBJ: case NEWOBJ_EX: case EXT1: case EXT2: case EXT4:
    case PERSID: case BINPERSID: case NEXT_BUFFER: case READONLY_BUFFER:
        return REFUSED_CODE;
    case EMPTY_SET: case ADDITEMS: case FROZENSET: case BYTEARRAY8:
        return REFUSED_KIND;
    default:
        return REFUSED_OPCODE;
    }
    *argument = it;
    return REFUSED_NOT;
}

uint64_t unsigned_of(struct bytes bytes)
{
    uint64_t sum = 0;

    for (size_t i = bytes.length; i > 0; i--)
        sum = sum << 8 | bytes.at[i - 1];
    return sum;
}
