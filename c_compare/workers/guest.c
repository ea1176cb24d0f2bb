/* One peer of an event loop. Twin: src/workers/guest.rs. */
#include "workers/guest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/memory.h"
#include "sockets/transfer.h"
#include "workers/conversation.h"

static int say_to(struct slot *slot, struct guest *guest, struct bytes bytes);

struct guest *guest_new(const struct server *server, int socket,
                        struct talking talking, const struct peer *peer)
{
    const struct protocol *protocol = server->lab.protocol;
    struct guest *guest = grown(NULL, sizeof *guest + protocol->size);
    *guest = (struct guest){
        .socket = socket, .peer = *peer, .talking = talking,
        .interest = INTEREST_READ, .deadline = INFINITY,
    };
    if (protocol->begin != NULL)
        protocol->begin(guest->session, server->lab.setup, peer_id(peer));
    return guest;
}

bool guest_has_unsent(const struct guest *guest)
{
    return guest->unsent != NULL;
}

bool guest_is_done(const struct server *server, const struct guest *guest)
{
    const struct protocol *protocol = server->lab.protocol;
    bool over = protocol->is_over != NULL && protocol->is_over(guest->session);
    return !guest_has_unsent(guest) && (guest->given_up || over);
}

void guest_give_up(struct guest *guest)
{
    free(guest->unsent);
    guest->unsent = NULL;
    guest->given_up = true;
}

int guest_greet(const struct server *server, struct slot *slot,
                struct guest *guest)
{
    const struct protocol *protocol = server->lab.protocol;
    if (protocol->greeting == NULL)
        return 0;
    return say_to(slot, guest, protocol->greeting(guest->session));
}

int guest_answer(const struct server *server, struct slot *slot,
                 struct guest *guest, struct bytes input)
{
    const struct lab *lab = &server->lab;
    count_up(&slot->bytes_in, input.length);
    if (lab->received != NULL)
        lab->received(input);
    struct bytes said = lab->protocol->answer(guest->session, input);
    if (say_to(slot, guest, said) < 0)
        return -1;
    if (lab->sent != NULL)
        lab->sent(said);
    tell(server, &guest->peer, guest->session);
    return 0;
}

int guest_say_more(struct slot *slot, struct guest *guest)
{
    ssize_t sent = send_some(guest->socket, guest->unsent + guest->taken,
                             guest->length - guest->taken);
    if (sent < 0)
        return -1;
    count_up(&slot->bytes_out, (size_t)sent);
    guest->taken += (size_t)sent;
    if (guest->taken == guest->length) {
        free(guest->unsent); /* most peers never need it again */
        guest->unsent = NULL;
    }
    return 0;
}

/* Sends what the kernel takes now and keeps the rest. */
static int say_to(struct slot *slot, struct guest *guest, struct bytes bytes)
{
    if (bytes.length == 0)
        return 0;
    ssize_t sent = send_some(guest->socket, bytes.at, bytes.length);
    if (sent < 0 && errno != EAGAIN)
        return -1;
    size_t taken = sent > 0 ? (size_t)sent : 0;
    count_up(&slot->bytes_out, taken);
    if (taken < bytes.length) {
        guest->taken = 0;
        guest->length = bytes.length - taken;
        guest->unsent = grown(NULL, guest->length);
        memcpy(guest->unsent, bytes.at + taken, guest->length);
    }
    return 0;
}

void guest_free(const struct server *server, struct guest *guest)
{
    const struct protocol *protocol = server->lab.protocol;
    if (protocol->end != NULL)
        protocol->end(guest->session);
    free(guest->unsent);
    free(guest);
}
