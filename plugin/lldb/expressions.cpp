// SPDX-License-Identifier: MIT
//
// Expressions of the user's, by the SB API. Calls nothing in the program.
#include <string>

#include "session.h"

namespace mt::adapter {
namespace {

// Interpreted, never compiled into the program and run there.
lldb::SBExpressionOptions without_calls() {
    lldb::SBExpressionOptions options;
    options.SetAllowJIT(false);
    options.SetIgnoreBreakpoints(true);
    options.SetUnwindOnError(true);
    options.SetTryAllThreads(false);
    options.SetFetchDynamicValue(lldb::eNoDynamicValues);
    options.SetSuppressPersistentResult(true);
    return options;
}

// LLDB prefixes its compiler's messages with places in a file of its own making.
std::string reason_of(const lldb::SBError& error) {
    std::string text = error.GetCString() == nullptr ? "" : error.GetCString();
    for (const char* prefix : {"error: ", "<user expression "}) {
        if (text.rfind(prefix, 0) != 0) continue;
        const auto end = prefix[0] == '<' ? text.find(": ") : 5;
        if (end != std::string::npos) text.erase(0, end + 2);
    }
    if (text.rfind("error: ", 0) == 0) text.erase(0, 7);
    text.erase(std::min(text.find('\n'), text.size()));
    // Of what needs a call, or memory in the program, LLDB says that nothing runs.
    if (text.find("Interpreter") != std::string::npos) return "it needs a call in the program";
    return text.empty() ? "LLDB cannot evaluate it" : text;
}

lldb::SBValue value_of(lldb::SBTarget& target, const std::string& expression) {
    const auto options = without_calls();
    auto frame = target.GetProcess().GetSelectedThread().GetSelectedFrame();
    if (frame.IsValid()) return frame.EvaluateExpression(expression.c_str(), options);
    return target.EvaluateExpression(expression.c_str(), options);
}

}  // namespace

int Session::evaluate(const char* expression, mtc_value* value, mtc_add_text why, void* sink) {
    auto found = value_of(target_, expression);
    lldb::SBError error = found.GetError();
    if (error.Success() && found.GetType().GetCanonicalType().IsReferenceType())
        found = found.Dereference();
    auto type = found.GetType().GetCanonicalType();
    const auto flags = type.GetTypeFlags();
    value->type = found.GetType().GetName();
    if (type.IsArrayType() || type.IsFunctionType()) {
        value->kind = MTC_VALUE_PLACE;
    } else if (type.IsPointerType() ||
               (flags & (lldb::eTypeIsInteger | lldb::eTypeIsEnumeration)) != 0) {
        value->kind = MTC_VALUE_NUMBER;
        const bool is_signed = (flags & lldb::eTypeIsSigned) != 0;
        if (error.Success())
            value->number = is_signed ? static_cast<std::uint64_t>(found.GetValueAsSigned(error))
                                      : found.GetValueAsUnsigned(error);
    }
    if (error.Success()) return MTC_OK;
    why(sink, reason_of(error).c_str());
    return MTC_ERROR;
}

}  // namespace mt::adapter
