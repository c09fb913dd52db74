#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

// Coroutines of this project are Asio awaitables.
//
// Two rules that GCC 12 imposes: name everything before awaiting it (a temporary with a destructor,
// or a lambda with captures, in the same full expression as co_await can be destroyed twice), and
// take parameters by value unless the header says that they outlive the task.
namespace pipeline {

namespace asio = boost::asio;

using Executor = asio::any_io_executor;
using Strand = asio::strand<asio::io_context::executor_type>;

template <class T = void>
using Task = asio::awaitable<T>;

}  // namespace pipeline
