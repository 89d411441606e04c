// SPDX-License-Identifier: MIT
//
// A service that answers requests: it keeps sessions in a cache, which a variable holds, and
// forgets a list of notes with each third request. One session is the owner of most.
#include <cstdlib>
#include <cstring>

#include "lesson.h"

MARKER(lesson_done)

struct Note {
    Note* next;
    char text[56];
};

struct Session {
    Session* next;
    char* page;
    char name[16];
};

struct Cache {
    Session* sessions;
};

static Cache* cache;
static Session* current;

static Note* make_notes(int count) {
    Note* list = nullptr;
    for (int i = 0; i < count; ++i) {
        Note* note = new Note{list, "note"};
        list = note;
    }
    return list;
}

static void drop_notes(Note* list) {
    while (list != nullptr) {
        Note* next = list->next;
        delete list;
        list = next;
    }
}

static void add_session(std::size_t bytes) {
    Session* session = new Session{cache->sessions, new char[bytes], "session"};
    memset(session->page, '.', bytes);
    cache->sessions = session;
}

static void answer(int request) {
    Note* notes = make_notes(5);
    add_session(request == 3 ? 500000 : 1000);
    if (request % 3 != 0) drop_notes(notes);
}

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    cache = new Cache{};
    for (int request = 1; request <= 9; ++request) answer(request);
    for (Session* one = cache->sessions; one != nullptr; one = one->next) current = one;
    // What the last calls have left below is no pointer any more.
    char* volatile scratch = static_cast<char*>(alloca(4096));
    memset(scratch, 0, 4096);
    lesson_done();
    return current == nullptr;
}
